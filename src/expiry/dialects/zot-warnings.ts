import type { Item, Opinion } from './items.ts'
import type { RepositoryPolicy, Retention } from './zot-policy.ts'
import { isMatch } from './zot-tags.ts'

/** Where a decision of zot may surprise the author of the policy, sorted. `policies` is by repository. */
export function warningsOf(
  { delay, policies: all }: Retention,
  policies: ReadonlyMap<string, RepositoryPolicy | undefined>,
  opinions: ReadonlyMap<Item, Opinion>,
): string[] {
  const repositories = [...policies.keys()]
  const used = new Set(policies.values())
  const unused = all.filter(
    (policy) => !used.has(policy) && repositories.some((name) => policy.matches(name)),
  )
  const warnings = new Set(
    unused.map(({ path }) => `${path}: policies before it take all repositories that it matches`),
  )
  for (const [{ image, tag }, { isKept }] of opinions) {
    if (isKept) continue
    const policy = policies.get(image.repository)
    for (const warning of tag === undefined ? ofManifest(policy, delay) : ofTag(policy, tag))
      warnings.add(warning)
  }
  return [...warnings].sort()
}

function ofManifest(policy: RepositoryPolicy | undefined, delay: number | undefined): string[] {
  const warnings = []
  if (policy === undefined)
    warnings.push('policies: zot deletes untagged manifests also in repositories that no policy matches')
  if (delay === undefined)
    warnings.push(
      'delay: it is absent; zot then uses its gcDelay, which this document does not have, so 1h is assumed',
    )
  return warnings
}

function ofTag(policy: RepositoryPolicy | undefined, tag: string): string[] {
  if (policy === undefined) return []
  const warnings = []
  const [first, second] = policy.keepTags.filter((entry) => isMatch(entry, tag))
  if (first !== undefined && second !== undefined)
    warnings.push(
      `${first.path}: it takes tags that ${second.path} matches as well; only the first match counts`,
    )
  if (/^sha256-[0-9a-f]{64}/.test(tag))
    warnings.push(
      `${policy.path}.keepTags: it deletes signatures or attestations (sha256-…) whose image may stay`,
    )
  if (!policy.deleteUntagged)
    warnings.push(`${policy.path}: deleteUntagged is false, so zot takes tags and keeps their manifests`)
  return warnings
}
