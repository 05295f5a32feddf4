import type { AddCommand } from '../cli.ts'
import { addGroup } from '../group.ts'
import { addPromotionRollback } from './promotion-rollback.ts'
import { addPromotionShow } from './promotion-show.ts'
import { addPromotionVerify } from './promotion-verify.ts'

export const addPromotion: AddCommand = (program, cli) => {
  const group = addGroup(program, 'promotion').description('Look at a promotion, check it, and roll it back.')
  addPromotionShow(group, cli)
  addPromotionVerify(group, cli)
  addPromotionRollback(group, cli)
}
