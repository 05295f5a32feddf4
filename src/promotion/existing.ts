import pMap from 'p-map'
import type { Queues } from '../queue/queues.ts'
import type { RegistryClient } from '../registry/client.ts'
import { isUnreadable } from '../registry/registry-error.ts'
import { imageOf, targetOf } from './alert.ts'
import { askByRule, idByRule, type RuleJob } from './ask.ts'
import type { Contents } from './contents.ts'
import type { ExistingImage, ExistingLine } from './existing-lines.ts'
import type { PromotionRule } from './rule.ts'
import { makeRuleImages, type RuleImagesDeps } from './rule-images.ts'
import type { FindPromotion } from './status.ts'
import { isSameSource, type Targets } from './targets.ts'
import { untilFailure } from './until-failure.ts'

/** Images that are looked up, or asked for, at a time. */
const AT_ONCE = 8

/** While so many promotions wait, also at gates and to be tried again, no more are asked for: jobs are in Redis. */
export const MOST_WAITING = 20_000

/**
 * Makes what lists the tagged images that the index has and that a rule matches, in all projects of its registry, and asks for
 * their promotions. An image that was promoted, or asked for, is not asked for again: so it can be repeated after it was broken off.
 * Tags of signatures are left out: these travel with their image. @throws PromotionRefusal if there is no such rule
 */
export function makeExisting(
  deps: RuleImagesDeps & {
    queues: Pick<Queues, 'promotion'>
    clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
    find: FindPromotion
    targets: Pick<Targets, 'last'>
    /** How many may wait. */
    mostWaiting?: number
  },
) {
  const { queues, mostWaiting = MOST_WAITING } = deps
  const { ruleNamed, pages } = makeRuleImages(deps)

  const lineOf = (job: RuleJob, state: ExistingImage['state']): ExistingImage => ({
    ...{ image: imageOf(job), digest: job.digest, target: targetOf(job) },
    ...{ promotion: idByRule(job), state },
  })

  type AtTarget = Pick<ExistingImage, 'state' | 'why'>

  /** A refusal that is about one image holds up no other. @throws RegistryError that is about the registry */
  const atTarget = (job: RuleJob): Promise<AtTarget> =>
    lookAtTarget(job).then(
      (state) => ({ state }),
      (error) => {
        if (isUnreadable(error)) return { state: 'refused', why: error.message }
        throw error
      },
    )

  async function lookAtTarget({ digest, to }: RuleJob): Promise<ExistingImage['state']> {
    const client = deps.clientOf(to.registry)
    const tagged = await client.headManifest(to.repository, to.tag)
    if (tagged?.digest === digest) return 'arrived'
    if ((await deps.targets.last(to, tagged?.digest))?.rolledBack === digest) return 'rolledBack'
    if (tagged !== undefined) return 'differs'
    return (await client.headManifest(to.repository, digest)) === undefined ? 'absent' : 'present'
  }

  /** What the rule would copy, and what of it the target lacks. */
  async function* plan(rule: PromotionRule): AsyncGenerator<ExistingLine> {
    const toSend = new Map<string, number>()
    const present = new Set<string>()
    let images = 0
    let uncertain = 0
    function count(state: ExistingImage['state'], { blobs, isWhole }: Contents): number {
      const isThere = state === 'arrived' || state === 'present'
      const isSent = state === 'absent' || (state === 'differs' && rule.overwrite !== 'never')
      if (isThere) for (const key of blobs.keys()) present.add(key)
      if (isSent) for (const [key, size] of blobs) toSend.set(key, size)
      if (isSent && !isWhole) uncertain += 1
      return sum(blobs.values())
    }
    for await (const { found, contentsOf } of pages(rule, '')) {
      const states = await pMap(found, ({ job }) => atTarget(job), { concurrency: AT_ONCE })
      images += found.length
      for (const [n, { image, job }] of found.entries()) {
        const { state, why } = states[n] ?? { state: 'absent' }
        const line = { ...lineOf(job, state), bytes: count(state, contentsOf(image)) }
        yield { ...line, ...(why !== undefined && { why }) }
      }
    }
    for (const key of present) toSend.delete(key)
    yield { images, bytes: sum(toSend.values()), uncertain, more: false }
  }

  async function* askAll(rule: PromotionRule, by: string): AsyncGenerator<ExistingLine> {
    let images = 0
    for await (const { found } of pages(rule, by)) {
      if ((await queues.promotion.count()) >= mostWaiting) {
        yield { images, more: true }
        return
      }
      images += found.length
      yield* await pMap(found, ({ job }) => ask(job), { concurrency: AT_ONCE })
    }
    yield { images, more: false }
  }

  async function ask(job: RuleJob): Promise<ExistingImage> {
    const known = await deps.find(idByRule(job))
    if (known !== undefined) return lineOf(job, known.status.state)
    // It may have been promoted by another rule or by request, or so long ago that its receipt is gone.
    const { state, why } = await atTarget(job)
    if (state === 'rolledBack' || (state === 'arrived' && (await isOurs(job)))) return lineOf(job, state)
    if (state === 'refused') return { ...lineOf(job, state), ...(why !== undefined && { why }) }
    await askByRule(queues, job, { later: true })
    return lineOf(job, 'asked')
  }

  /** Whether it was promoted to the tag from there. What came in another way has no receipt, and perhaps no signatures. */
  async function isOurs({ registry, repository, digest, to }: RuleJob): Promise<boolean> {
    const last = await deps.targets.last(to, digest)
    return last?.digest === digest && isSameSource(last.from, { registry, repository })
  }

  return {
    plan: (name: string) => untilFailure(plan(ruleNamed(name))),
    /** `by` says who asks. */
    ask: (name: string, by: string) => untilFailure(askAll(ruleNamed(name), by)),
  }
}
export type Existing = ReturnType<typeof makeExisting>

const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, size) => total + size, 0)
