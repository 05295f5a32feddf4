import pMap from 'p-map'
import { makeGlob } from '../platform/glob.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { RegistryClient } from '../registry/client.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { imageOf, targetOf } from './alert.ts'
import { askByRule, idByRule } from './ask.ts'
import { subjectOfTag } from './ask-follow.ts'
import { type Contents, makeContentsOf } from './contents.ts'
import type { ExistingImage, ExistingLine } from './existing-lines.ts'
import type { FindMatches } from './match.ts'
import { PromotionRefusal } from './refusal.ts'
import type { PromotionRule } from './rule.ts'
import type { FindPromotion } from './status.ts'

/** Images that are looked up, or asked for, at a time. */
const AT_ONCE = 8

/** Images that are told of at a time. */
const PAGE = 100

/** While so many promotions of images that were there before wait, no more are asked for: jobs are in Redis. */
export const MOST_WAITING = 20_000

/** An image with a tag that a rule matches. */
interface Found {
  image: IndexedImage
  job: PromotionJob & { rule: string; tag: string }
}

/**
 * Makes what lists the tagged images that the index has and that a rule matches, in all projects of its registry, and asks for
 * their promotions. An image that was promoted, or asked for, is not asked for again: so it can be repeated after it was broken off.
 * Tags of signatures are left out: these travel with their image. @throws PromotionRefusal if there is no such rule
 */
export function makeExisting(deps: {
  queues: Pick<Queues, 'promotion'>
  index: Pick<UsageIndex, 'projects' | 'repositories' | 'images' | 'tag'>
  clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
  find: FindPromotion
  /** As configured now. */
  rules: () => readonly PromotionRule[]
  match: FindMatches
  /** How many may wait. */
  mostWaiting?: number
}) {
  const { queues, index, match, mostWaiting = MOST_WAITING } = deps

  function ruleNamed(name: string): PromotionRule {
    const rules = deps.rules()
    const rule = rules.find((one) => one.name === name)
    const names = rules.map((one) => one.name).join(', ')
    if (rule === undefined)
      throw new PromotionRefusal(404, `no rule "${name}"; configured: ${names || 'none'}`)
    return rule
  }

  /** Pages of images, repository by repository, each with what tells contents of images of the repository. */
  async function* pages(rule: PromotionRule, by: string) {
    const { registry } = rule.from
    const isMeant = makeGlob(rule.from.repository)
    for (const project of await index.projects(registry))
      for (const repository of await index.repositories(project)) {
        if (!isMeant(repository)) continue
        const images = await index.images(project, repository)
        const found = images
          .flatMap((image) => image.tags.map(({ name, age }) => ({ image, tag: name, at: age.at })))
          .flatMap(({ image, tag, at }): Found[] =>
            (subjectOfTag(tag) === undefined ? match({ registry, repository, tag }) : [])
              .filter((one) => one.rule.name === rule.name)
              .map(({ to }) => ({
                image,
                job: {
                  ...{ kind: 'copy', rule: rule.name, registry, project, repository, tag },
                  ...{ digest: image.digest, pushedAt: at, to, by },
                },
              })),
          )
          .toSorted((a, b) => (a.job.tag < b.job.tag ? -1 : 1))
        const contentsOf = makeContentsOf(images)
        for (let i = 0; i < found.length; i += PAGE)
          yield { found: await pMap(found.slice(i, i + PAGE), dated, { concurrency: AT_ONCE }), contentsOf }
      }
  }

  /** With the time of the tag's last write: that of the push, if one was heard. */
  async function dated({ image, job }: Found): Promise<Found> {
    const written = await index.tag(job.project, job.repository, job.tag)
    const isSame = written?.digestKey === digestKey(image.digest)
    return { image, job: isSame ? { ...job, pushedAt: written.at } : job }
  }

  const lineOf = (job: Found['job'], state: ExistingImage['state']): ExistingImage => ({
    ...{ image: imageOf(job), digest: job.digest, target: targetOf(job) },
    ...{ promotion: idByRule(job), state },
  })

  async function atTarget({
    digest,
    to,
  }: Found['job']): Promise<'arrived' | 'present' | 'differs' | 'absent'> {
    const client = deps.clientOf(to.registry)
    const tagged = await client.headManifest(to.repository, to.tag)
    if (tagged !== undefined) return tagged.digest === digest ? 'arrived' : 'differs'
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
        const state = states[n] ?? 'absent'
        yield { ...lineOf(job, state), bytes: count(state, contentsOf(image)) }
      }
    }
    for (const key of present) toSend.delete(key)
    yield { images, bytes: sum(toSend.values()), uncertain, more: false }
  }

  async function* askAll(rule: PromotionRule, by: string): AsyncGenerator<ExistingLine> {
    let images = 0
    for await (const { found } of pages(rule, by)) {
      if ((await queues.promotion.getPrioritizedCount()) >= mostWaiting) {
        yield { images, more: true }
        return
      }
      images += found.length
      yield* await pMap(found, ({ job }) => ask(job), { concurrency: AT_ONCE })
    }
    yield { images, more: false }
  }

  async function ask(job: Found['job']): Promise<ExistingImage> {
    const known = await deps.find(idByRule(job))
    if (known === undefined) await askByRule(queues, job, { later: true })
    return lineOf(job, known?.status.state ?? 'asked')
  }

  async function* untilFailure(lines: AsyncGenerator<ExistingLine>): AsyncGenerator<ExistingLine> {
    try {
      yield* lines
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      yield { error: error.message }
    }
  }

  return {
    plan: (name: string) => untilFailure(plan(ruleNamed(name))),
    /** `by` says who asks. */
    ask: (name: string, by: string) => untilFailure(askAll(ruleNamed(name), by)),
  }
}
export type Existing = ReturnType<typeof makeExisting>

const sum = (sizes: Iterable<number>): number => [...sizes].reduce((total, size) => total + size, 0)
