import pMap from 'p-map'
import { makeGlob } from '../platform/glob.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { RuleJob } from './ask.ts'
import { type Contents, makeContentsOf } from './contents.ts'
import type { FindMatches } from './match.ts'
import { PromotionRefusal } from './refusal.ts'
import type { PromotionRule } from './rule.ts'

/** Tags that are looked up at a time. */
const AT_ONCE = 8

/** Images on a page. */
const PAGE = 100

/** An image with a tag that a rule matches, and how the rule promotes it. */
export interface RuleImage {
  image: IndexedImage
  job: RuleJob
}

export interface RuleImagesDeps {
  index: Pick<UsageIndex, 'projects' | 'repositories' | 'images' | 'tag'>
  /** As configured now. */
  rules: () => readonly PromotionRule[]
  match: FindMatches
}

/** Makes what finds the images that a rule matches, among all that the index has. */
export function makeRuleImages({ index, rules, match }: RuleImagesDeps) {
  /** @throws PromotionRefusal if there is no such rule */
  function ruleNamed(name: string): PromotionRule {
    const rule = rules().find((one) => one.name === name)
    const names = rules()
      .map((one) => one.name)
      .join(', ')
    if (rule === undefined)
      throw new PromotionRefusal(404, `no rule "${name}"; configured: ${names || 'none'}`)
    return rule
  }

  /**
   * Pages of tagged images, by project, repository and tag, each with what tells the contents of images of its repository.
   * Tags of signatures are left out: these travel with their image.
   */
  async function* pages(
    rule: PromotionRule,
    by: string,
  ): AsyncGenerator<{ found: RuleImage[]; contentsOf: (image: IndexedImage) => Contents }> {
    const { registry } = rule.from
    const isMeant = makeGlob(rule.from.repository)
    for (const project of await index.projects(registry))
      for (const repository of await index.repositories(project)) {
        if (!isMeant(repository)) continue
        const images = await index.images(project, repository)
        const found = images
          .flatMap((image) => image.tags.map(({ name, age }) => ({ image, tag: name, at: age.at })))
          .flatMap(({ image, tag, at }): RuleImage[] =>
            match({ registry, repository, tag })
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
  async function dated({ image, job }: RuleImage): Promise<RuleImage> {
    const written = await index.tag(job.project, job.repository, job.tag)
    const isSame = written?.digestKey === digestKey(image.digest)
    return { image, job: isSame ? { ...job, pushedAt: written.at } : job }
  }

  return { ruleNamed, pages }
}
