import pMap from 'p-map'
import type { Queues } from '../queue/queues.ts'
import { isUnreadable } from '../registry/registry-error.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { imageOf, targetOf } from './alert.ts'
import { askByRequest, idByRule, isRequested, type RuleJob } from './ask.ts'
import { addFollow } from './ask-follow.ts'
import type { AuditLine, Difference } from './audit-lines.ts'
import { type AuditClient, missingReferrers } from './missing-referrers.ts'
import { whyNotOverwrite } from './overwrite.ts'
import type { PromotionRule } from './rule.ts'
import { makeRuleImages, type RuleImage, type RuleImagesDeps } from './rule-images.ts'
import { type FindPromotion, isUndone } from './status.ts'
import type { Targets } from './targets.ts'
import { untilFailure } from './until-failure.ts'

const KEPT = 'the target has something else under that tag, with content that the source lacks, which is kept'

/** Images that are compared at a time. */
const AT_ONCE = { concurrency: 4 }

/**
 * Makes what compares the images that rules cover with their copies: the digests of the tags, and what refers to the image. With
 * `mend` it asks for what mends a difference; what was rolled back is left so. An image that a rule copies only on request may be absent.
 */
export function makePromotionAudit(
  deps: RuleImagesDeps & {
    queues: Pick<Queues, 'promotion'>
    clientOf: (registry: string) => AuditClient
    find: FindPromotion
    targets: Pick<Targets, 'last'>
  },
) {
  const { queues, clientOf } = deps
  const { ruleNamed, pages } = makeRuleImages(deps)

  async function* audit(
    rules: readonly PromotionRule[],
    by: string,
    mend: boolean,
  ): AsyncGenerator<AuditLine> {
    let images = 0
    let differing = 0
    for (const rule of rules)
      for await (const { found, contentsOf } of pages(rule, by)) {
        const compared = await pMap(
          found,
          async ({ image, job }: RuleImage) =>
            compare(rule, job, contentsOf(image).manifests, mend).catch((error) => refusal(rule, job, error)),
          AT_ONCE,
        )
        images += found.length
        for (const differences of compared) {
          if (differences.length > 0) differing += 1
          yield* differences
        }
      }
    yield { rules: rules.map(({ name }) => name), images, differing }
  }

  async function compare(
    rule: PromotionRule,
    indexed: RuleJob,
    manifests: readonly IndexedImage[],
    mend: boolean,
  ): Promise<Difference[]> {
    const { registry, repository, tag, to } = indexed
    const source = { client: clientOf(registry), repository }
    const target = { client: clientOf(to.registry), repository: to.repository }
    const [ours, theirs] = await Promise.all([
      source.client.headManifest(repository, tag),
      target.client.headManifest(to.repository, to.tag),
    ])
    // It was deleted meanwhile.
    if (ours === undefined) return []
    const job = { ...indexed, digest: ours.digest }
    const difference = { rule: rule.name, image: imageOf(job), target: targetOf(job) }
    if (theirs?.digest !== ours.digest) {
      if (theirs === undefined && rule.when === 'request') return []
      const kind = theirs === undefined ? 'absent' : 'moved'
      const what =
        theirs === undefined
          ? 'the target has no such tag'
          : `the tag names ${ours.digest}, and that of the target ${theirs.digest}`
      return [{ ...difference, kind, what, ...(await mended(rule, job, theirs?.digest, mend)) }]
    }
    const parts = manifests.map(({ digest }) => digest).filter((digest) => digest !== ours.digest)
    const atTarget = await pMap(
      parts,
      async (digest) => (await target.client.headManifest(to.repository, digest)) && digest,
      AT_ONCE,
    )
    const subjects = [ours.digest, ...atTarget.filter((digest) => digest !== undefined)]
    const missing = await missingReferrers(source, target, subjects)
    const wanted = mend ? missing.filter(({ isKept }) => !isKept) : []
    for (const subject of new Set(wanted.map((one) => one.subject)))
      await addFollow(queues, { kind: 'follow', registry, repository, subject, to })
    return missing.map(({ subject, digest, tagged, isKept }) => ({
      ...difference,
      ...(tagged === undefined
        ? { kind: 'referrer', what: `${digest}, which refers to ${subject}, is not at the target` }
        : { kind: 'tag', what: `what the tag ${tagged.tag} names, ${digest}, is not at the target` }),
      ...(isKept ? { mending: 'impossible', why: KEPT } : { mending: mend ? 'underWay' : 'possible' }),
    }))
  }

  /** A refusal that is about one image holds up no other. @throws an error that is about the registry */
  function refusal({ name }: PromotionRule, job: RuleJob, error: unknown): Difference[] {
    if (!isUnreadable(error)) throw error
    const { message: what } = error
    return [
      {
        rule: name,
        image: imageOf(job),
        target: targetOf(job),
        kind: 'refused',
        what,
        mending: 'impossible',
      },
    ]
  }

  /** What mends a tag that names `current` at the target. Asks for the promotion if `mend` says so and it may be written. */
  async function mended(
    rule: PromotionRule,
    job: RuleJob,
    current: string | undefined,
    mend: boolean,
  ): Promise<Pick<Difference, 'mending' | 'why'>> {
    if (isUndone(await deps.find(idByRule(job))) || (await isRequested(queues, job)))
      return { mending: 'underWay' }
    const { registry, repository, digest, pushedAt, to } = job
    const last = await deps.targets.last(to, current)
    const write = { from: { registry, repository }, digest, pushedAt, heardAt: Date.now() * 1_000 }
    const why =
      last?.rolledBack === digest
        ? 'it was rolled back'
        : whyNotOverwrite(write, rule.overwrite, current, last)
    if (why !== undefined) return { mending: 'impossible', why }
    if (!mend) return { mending: 'possible' }
    await askByRequest(queues, job)
    return { mending: 'underWay' }
  }

  /** @throws PromotionRefusal if there is no such rule */
  return (asked: { rule?: string | undefined; mend: boolean; by: string }): AsyncGenerator<AuditLine> => {
    const rules = asked.rule === undefined ? deps.rules() : [ruleNamed(asked.rule)]
    return untilFailure(audit(rules, asked.by, asked.mend))
  }
}
export type PromotionAudit = ReturnType<typeof makePromotionAudit>
