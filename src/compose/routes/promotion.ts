import { promotionListsRoute } from '../../http/promotion-lists-route.ts'
import { promotionReceiptRoute } from '../../http/promotion-receipt-route.ts'
import { promotionRollbackRoute } from '../../http/promotion-rollback-route.ts'
import { promotionRulesRoute } from '../../http/promotion-rules-route.ts'
import { promotionTargetsRoute } from '../../http/promotion-targets-route.ts'
import { promotionsRoute } from '../../http/promotions-route.ts'
import { makeCheckReceipt } from '../../promotion/check-receipt.ts'
import type { OnRedis, Parts } from '../parts.ts'
import { promotionRequests } from '../promotion-requests.ts'
import { rollbackOf } from '../rollback.ts'
import type { Shared } from './shared.ts'

/** What is copied into production. */
export function promotionRoutes(parts: Parts, onRedis: OnRedis, shared: Shared) {
  const { settings, journals, match, registries } = parts
  const { receipts } = journals
  const requests = promotionRequests(parts, onRedis, shared.inTurn)
  return [
    promotionsRoute({ ...shared, ...requests, receipts, queues: onRedis.queues }),
    promotionTargetsRoute({ ...shared, match, registries }),
    promotionListsRoute({ ...shared, existing: requests.existing, audit: requests.auditPromotions }),
    promotionRulesRoute({ ...shared, rules: () => settings().config.promotion.rules }),
    promotionReceiptRoute({
      ...{ ...shared, receipts, checkReceipt: makeCheckReceipt(parts), registries: shared.registryNames },
    }),
    promotionRollbackRoute({
      ...{ ...shared, receipts, audit: journals.audit.audit, rollback: rollbackOf(parts, onRedis) },
    }),
  ]
}
