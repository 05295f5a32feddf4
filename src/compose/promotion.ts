import { concurrencyFor, promotionWorker } from '../../workers/promotion.ts'
import { makeIsPlaceholder } from '../expiry/remove-tag-placeholder.ts'
import { makeAttachReceipt } from '../promotion/attach-receipt.ts'
import { makeCopier } from '../promotion/copy/copy-image.ts'
import { makeGates } from '../promotion/gates/make-gates.ts'
import { makeCheckGates } from '../promotion/gates-of.ts'
import { makeIsYounger } from '../promotion/is-younger.ts'
import { makeOptionsOf } from '../promotion/options-of.ts'
import { makePromote } from '../promotion/promote.ts'
import { makeRenewJob } from '../promotion/renew-job.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that copies images by the promotion rules, and by request. */
export function startPromotion(parts: WorkerParts) {
  const { settings, store, clientOf, index, metrics, followed } = parts
  const copier = makeCopier()
  const mountFrom = (registry: string) => (digest: string) => index.repositoriesWith(registry, digest)
  const worker = promotionWorker(parts.context, {
    promote: makePromote({
      ...{ clientOf, copier, targets: parts.targets, receipts: parts.journals.receipts, metrics },
      optionsOf: makeOptionsOf(parts.match),
      isYounger: makeIsYounger({ index, now: () => Date.now() * 1_000 }),
      isPlaceholder: makeIsPlaceholder(store),
      checkGates: makeCheckGates({ clientOf, gatesOf: makeGatesOf(parts), now: () => Date.now() * 1_000 }),
      mountFrom,
      attachReceipt: makeAttachReceipt({ clientOf, receipts: parts.journals.receipts }),
      warn: (message) => parts.log.warn(message),
      follow: (job, copied, ms) =>
        followed.add(job, [...copied.manifests, ...copied.referrers.map(({ digest }) => digest)], job.to, ms),
      now: Date.now,
    }),
    async follow({ registry, repository, subject, to }) {
      const copied = await copier.copyReferrers({
        source: { client: clientOf(registry), repository },
        target: { client: clientOf(to.registry), repository: to.repository },
        ...{ sameRegistry: registry === to.registry, digest: subject, verify: 'sample' },
        mountFrom: mountFrom(to.registry),
      })
      return copied.referrers.length
    },
    renew: makeRenewJob(parts),
    isTurn: parts.tagTurns.isTurn,
    announce: parts.announce,
    forgetApprovals: parts.approvals.forget,
    rememberWaiting: parts.awaited.add,
  })
  const setConcurrency = () => {
    const pairs = settings().config.promotion.rules.map(({ from, to }) => `${from.registry} ${to.registry}`)
    worker.concurrency = concurrencyFor(new Set(pairs).size)
  }
  setConcurrency()
  parts.onReload(async () => setConcurrency())
  return worker
}

/** Makes the gates of each rule once: they hold parsed keys. */
function makeGatesOf({ settings, clientOf, flags, approvals, dispatcher, onReload }: WorkerParts) {
  const make = () =>
    new Map(
      settings().config.promotion.rules.map(({ name, gates }) => [
        name,
        makeGates(gates, {
          ...{ clientOf, approvals, dispatcher, now: () => Date.now() * 1_000 },
          flagOf: async (project) => (await flags.ofProject(project)).flag,
        }),
      ]),
    )
  let gates = make()
  onReload(async () => {
    gates = make()
  })
  return (rule: string) => gates.get(rule) ?? []
}
