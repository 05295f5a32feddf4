import type { Decide, Dialect, Outcome, PolicyImage, Scene } from './dialect.ts'
import { type Item, itemsOf, keep, type Opinion } from './items.ts'
import { collect, DEFAULT_GC_DELAY } from './zot-collect.ts'
import { type RepositoryPolicy, type Retention, readRetention } from './zot-policy.ts'
import { decideTags } from './zot-tags.ts'
import { warningsOf } from './zot-warnings.ts'

/**
 * zot's object `storage.retention` (https://zotregistry.dev/latest/articles/retention). Follows zot v2.1.22 with its metadata
 * database on. A repository has the first policy that matches it, and no other.
 */
export const zot: Dialect = {
  unit: 'tag',
  decidesUntagged: true,
  heedsPulls: true,
  read(document): Decide {
    const retention = readRetention(document)
    return (scene) => decide(retention, scene)
  },
}

function decide(retention: Retention, { images, now }: Scene): Outcome {
  const items = itemsOf(images)
  const opinions = new Map<Item, Opinion>()
  const policies = new Map<string, RepositoryPolicy | undefined>()
  const stays = new Map<PolicyImage, string>()
  for (const [repository, inRepository] of Map.groupBy(items, ({ image }) => image.repository)) {
    const policy = retention.policies.find((one) => one.matches(repository))
    policies.set(repository, policy)
    const tags = inRepository.filter(({ tag }) => tag !== undefined)
    const opinionOf = decideTags(policy, tags, now)
    for (const item of tags) opinions.set(item, opinionOf(item))
    const left = collect(policy, inRepository, opinions, retention.delay ?? DEFAULT_GC_DELAY, now)
    for (const [image, reason] of left) stays.set(image, reason)
  }
  return {
    verdicts: items.map((item) => ({ ...item, ...(opinions.get(item) ?? keep('')) })),
    warnings: [...retention.warnings, ...warningsOf(retention, policies, opinions)],
    stays,
  }
}
