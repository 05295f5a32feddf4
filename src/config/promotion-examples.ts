import { makeGlob } from '../platform/glob.ts'
import { makeMatchTag } from '../platform/match-tag.ts'
import type { TaggedImage } from '../promotion/match.ts'
import { samplesOf } from './glob.ts'
import type { PromotionRule } from './schema.ts'

/** Repositories and tags that are tried for one rule: 400 images. */
const MOST_EXAMPLES = 20

/**
 * Images that the rules match, each once: for a rule, names from its own globs and from those of other rules. Nobody can tell what a
 * pattern matches, so its examples come from other rules.
 */
export function examplesOf(rules: readonly PromotionRule[]): Iterable<TaggedImage> {
  const repositories = rules.flatMap(({ from }) => samplesOf(from.repository))
  const tags = rules.flatMap(({ from }) => samplesOfTag(from.tag))
  const some = (own: string[], others: readonly string[], matches: (name: string) => boolean) =>
    [...new Set([...own, ...others.filter(matches)])].slice(0, MOST_EXAMPLES)
  const images = new Map<string, TaggedImage>()
  for (const { from } of rules)
    for (const repository of some(samplesOf(from.repository), repositories, makeGlob(from.repository)))
      for (const tag of some(samplesOfTag(from.tag), tags, makeMatchTag(from.tag).matches)) {
        const image = { registry: from.registry, repository, tag }
        images.set(shownImage(image), image)
      }
  return images.values()
}

const samplesOfTag = (tag: PromotionRule['from']['tag']): string[] =>
  'glob' in tag ? samplesOf(tag.glob) : []

export const shownImage = ({ registry, repository, tag }: TaggedImage): string =>
  `${registry}/${repository}:${tag}`
