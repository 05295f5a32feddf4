import { concurrencyFor, promotionWorker } from '../../workers/promotion.ts'
import { makeIsPlaceholder } from '../expiry/remove-tag-placeholder.ts'
import { makeWhyBroken } from '../integrity/why-broken.ts'
import { makeAttachReceipt } from '../promotion/attach-receipt.ts'
import { makeCopier } from '../promotion/copy/copy-image.ts'
import { placeOf } from '../promotion/follow.ts'
import { isAskedAgain, makeFollowImage } from '../promotion/follow-image.ts'
import type { GateConfig } from '../promotion/gates/gate.ts'
import { makeGates } from '../promotion/gates/make-gates.ts'
import { makeCheckGates } from '../promotion/gates-of.ts'
import { makeIsYounger } from '../promotion/is-younger.ts'
import { makeOptionsOf } from '../promotion/options-of.ts'
import { makePromote } from '../promotion/promote.ts'
import { whileHeld } from '../promotion/while-held.ts'
import { whyNotWhole } from '../promotion/why-not-whole.ts'
import { collectionRunsOf } from './collection-runs.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that copies images by the promotion rules, and by request. */
export function startPromotion(parts: WorkerParts) {
  const { settings, store, clientOf, index, metrics, followed } = parts
  const receipts = parts.telling.receipts(parts.journals.receipts)
  const copier = makeCopier()
  const mountFrom = (registry: string) => (digest: string) => index.repositoriesWith(registry, digest)
  const checkGates = (isAsked: (gate: GateConfig) => boolean) =>
    makeCheckGates({ clientOf, gatesOf: makeGatesOf(parts, isAsked), now: () => Date.now() * 1_000 })
  const collections = collectionRunsOf(parts)
  const isHeld = async (registry: string) => (await collections.holderOf(registry)) !== undefined
  const worker = promotionWorker(parts.context, {
    promote: whileHeld(
      makePromote({
        ...{ clientOf, copier, targets: parts.targets, receipts, metrics },
        optionsOf: makeOptionsOf(parts.match),
        isYounger: makeIsYounger({ index, now: () => Date.now() * 1_000 }),
        isPlaceholder: makeIsPlaceholder(store),
        whyBroken: makeWhyBroken({
          records: parts.brokenRecords,
          whyNotWhole: ({ registry, repository, digest }) =>
            whyNotWhole({ client: clientOf(registry), repository }, digest),
        }),
        checkGates: checkGates(() => true),
        mountFrom,
        attachReceipt: makeAttachReceipt({ clientOf, receipts: parts.journals.receipts }),
        warn: (message) => parts.log.warn(message),
        async follow(job, { manifests }, ms) {
          const place = placeOf(job)
          if (place !== undefined) await followed.add(job, manifests, { ...place, at: Date.now() }, ms)
        },
        now: Date.now,
      }),
      { isHeld, now: Date.now },
    ),
    followImage: makeFollowImage({
      ...{ clientOf, copier, mountFrom, followed, match: parts.match, now: Date.now },
      checkGates: checkGates(isAskedAgain),
    }),
    isTurn: parts.tagTurns.isTurn,
    announce: parts.announce,
    forget: async (id) => Promise.all([parts.approvals.forget(id), parts.awaited.end(id)]),
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

/** Makes the gates of each rule that are asked once: they hold parsed keys. */
function makeGatesOf(
  { settings, clientOf, flags, approvals, dispatcher, onReload }: WorkerParts,
  isAsked: (gate: GateConfig) => boolean,
) {
  const make = () =>
    new Map(
      settings().config.promotion.rules.map(({ name, gates }) => [
        name,
        makeGates(gates.filter(isAsked), {
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
