import { makeGlob } from '../platform/glob.ts'
import { warningsAbout } from './dialect-opinions.ts'
import type { ImagesFile } from './dialects/images-file.ts'
import type { Report } from './dialects/report.ts'
import { detailsFromFile, indexedFromFile } from './indexed-from-file.ts'
import { type ExpiryPolicy, planExpiry } from './plan.ts'

/**
 * Decides on the images of a file as a plan does. Of what a policy is about, only its glob for repositories counts. Images that
 * are not in it stay. `now` is epoch µs.
 */
export function tryPolicy(policy: ExpiryPolicy, file: ImagesFile, now: number): Report {
  const rules = 'rules' in policy ? policy.rules : []
  const warnings = new Set(warningsOf(policy, file))
  const immutable = new Set(file.images.filter((one) => one.immutable).map(nameOf))
  const decisions = planExpiry(policy, file.project, indexedFromFile(file.images, now), now, {
    warn: (warning) => void warnings.add(warning),
    protectionOf: (image) => (immutable.has(nameOf(image)) ? 'the registry refuses to change it' : undefined),
    use: { isComplete: file.pulls === 'complete', since: 0 },
    details: detailsFromFile(file.images, rules),
  })
  const kept: string[] = []
  const expired: string[] = []
  const reasons: Record<string, string> = {}
  const tell = (name: string, isKept: boolean, reason: string): void => {
    ;(isKept ? kept : expired).push(name)
    reasons[name] = reason
  }
  for (const { verdict, untag = [], tags, reason, ...image } of decisions) {
    if (tags.length === 0) tell(nameOf(image), verdict !== 'delete', reason)
    for (const tag of tags)
      tell(`${image.repository}:${tag}`, !(verdict === 'delete' || untag.includes(tag)), reason)
  }
  const isInScope = makeGlob(policy.repository)
  for (const image of file.images)
    if (!isInScope(image.repository)) {
      if (image.tags.length === 0) tell(nameOf(image), true, OUT_OF_SCOPE)
      for (const { name } of image.tags) tell(`${image.repository}:${name}`, true, OUT_OF_SCOPE)
    }
  return { unit: 'tag', kept: kept.sort(), expired: expired.sort(), reasons, warnings: [...warnings] }
}

const OUT_OF_SCOPE = 'the policy is not about its repository'

const nameOf = (image: { repository: string; digest: string }): string =>
  `${image.repository}@${image.digest}`

function warningsOf(policy: ExpiryPolicy, { pulls }: ImagesFile): string[] {
  if ('dialect' in policy) return warningsAbout(policy)
  const isAboutUse = policy.rules.some(
    ({ notUsedFor, keep }) => notUsedFor !== undefined || (typeof keep === 'object' && keep.by === 'used'),
  )
  const warnings = []
  if (isAboutUse && pulls === 'partial')
    warnings.push(
      'some pulls may be unknown: without an age of 90 days, no rule about use applies; "pulls": "complete" in the file of images says that all are known',
    )
  if (policy.evict !== undefined)
    warnings.push(
      'evict is left out: it needs the quota of the project, and sizes of layers, which a file of images does not have; "tallyman expiry plan --policy" evicts, too',
    )
  return warnings
}
