import { RE2JS } from 're2js'
import { printable } from '../../platform/printable.ts'
import type { Dialect, PolicyImage, Verdict } from './dialect.ts'
import { alternativesOf } from './gitlab-alternatives.ts'
import { type GitlabPolicy, readGitlabPolicy } from './gitlab-policy.ts'

const DAY_US = 86_400_000_000
/** GitLab reads so many tags at once and filters each page by itself (gitlab/cleanup_tags_service.rb, TAGS_PAGE_SIZE). */
const PAGE = 1000

/**
 * GitLab's cleanup policy for container images. It decides as `Projects::ContainerRepository::CleanupTagsBaseService`
 * does (app/services/projects/container_repository/cleanup_tags_base_service.rb), over each repository as a whole.
 */
export const gitlab: Dialect = {
  unit: 'tag',
  decidesUntagged: false,
  heedsPulls: false,
  read(document) {
    const policy = readGitlabPolicy(document)
    const keptByName = makeNameFilter(policy)
    const warnings = warningsAbout(policy)
    return ({ images, now }) => {
      const { verdicts, candidates } = filterByName(images, keptByName)
      for (const tags of candidates.values()) filterByAge(policy, tags, now)
      return { verdicts, warnings: [...warnings, ...warningsAboutPages(policy, images)] }
    }
  },
}

/** Says why a tag stays, if it does. */
type NameFilter = (tag: string) => string | undefined

/** A tag that only `keep_n` and `older_than` can still keep. */
interface Candidate {
  /** As if the tag stayed, until it is decided. */
  verdict: Verdict
  name: string
  /** When the tag was set, in epoch µs. */
  at: number | null
}

/** GitLab puts an expression between anchors without a group, and then searches the tag for it. */
const anchored = (expression: string) => RE2JS.compile(`\\A${expression}\\z`)

const quoted = (text: string) => `"${printable(text)}"`

function makeNameFilter({ name_regex, name_regex_keep }: GitlabPolicy): NameFilter {
  const toDelete = anchored(name_regex)
  const toKeep = anchored(name_regex_keep)
  return (tag) => {
    if (tag === 'latest') return 'GitLab never deletes "latest"'
    if (!toDelete.test(tag)) return `name_regex ${quoted(name_regex)} does not match it`
    if (toKeep.test(tag)) return `name_regex_keep ${quoted(name_regex_keep)} matches it`
    return undefined
  }
}

/** `candidates` has the tags that no name keeps, by repository. */
function filterByName(images: readonly PolicyImage[], keptByName: NameFilter) {
  const verdicts: Verdict[] = []
  const candidates = new Map<string, Candidate[]>()
  for (const image of images) {
    if (image.tags.length === 0)
      verdicts.push({ image, isKept: true, reason: "GitLab's policy is about tags, and it has none" })
    for (const { name, taggedAt } of image.tags) {
      const keptBy = keptByName(name)
      const verdict = { image, tag: name, isKept: true, reason: keptBy ?? '' }
      verdicts.push(verdict)
      if (keptBy !== undefined) continue
      const others = candidates.get(image.repository)
      const candidate = { verdict, name, at: taggedAt }
      if (others) others.push(candidate)
      else candidates.set(image.repository, [candidate])
    }
  }
  return { verdicts, candidates }
}

/**
 * Decides on the tags of a repository that no name keeps. A tag without a time is as new as `now`, and never older than
 * anything. GitLab leaves open which of two tags of the same time is newer. Here it is the one whose name comes later:
 * GitLab lists tags by name, sorts them by time and reverses the list.
 */
function filterByAge(policy: GitlabPolicy, tags: Candidate[], now: number): void {
  if (policy.keep_n !== null) tags.sort((a, b) => (b.at ?? now) - (a.at ?? now) || (a.name < b.name ? 1 : -1))
  for (const [index, { verdict, at }] of tags.entries()) {
    const keptBy = keptByAge(policy, index, at, now)
    if (keptBy !== undefined) verdict.reason = keptBy
    // GitLab leaves immutable tags out last, so they take a place among the newest. Source: GitLab's
    // doc/user/packages/container_registry/reduce_container_registry_storage.md, "How the cleanup policy works".
    else if (verdict.image.immutable) verdict.reason = 'GitLab does not delete immutable tags'
    else Object.assign(verdict, { isKept: false, reason: reasonToExpire(policy) })
  }
}

/** `index` is the place of the tag among those that no name keeps, newest first. */
function keptByAge({ keep_n, older_than }: GitlabPolicy, index: number, at: number | null, now: number) {
  if (keep_n !== null && index < keep_n) return `it is among the ${keep_n} newest that no name keeps`
  if (older_than === null) return undefined
  if (at === null) return 'it is not known when it was set'
  return at < now - older_than * DAY_US ? undefined : `it is not older than ${older_than} days`
}

function reasonToExpire({ keep_n, older_than }: GitlabPolicy): string {
  const reasons = ['name_regex matches it']
  if (keep_n !== null) reasons.push(`it is not among the ${keep_n} newest that no name keeps`)
  if (older_than !== null) reasons.push(`it is older than ${older_than} days`)
  return listed(reasons)
}

const listed = (parts: string[]): string =>
  parts.length === 1 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

function warningsAbout(policy: GitlabPolicy): string[] {
  const warnings: string[] = []
  if (!policy.enabled) warnings.push('"enabled" is false: GitLab itself does not run this policy')
  if (policy.name_regex === '')
    warnings.push('name_regex is empty: it matches no tag, and GitLab disables such a policy')
  for (const field of ['name_regex', 'name_regex_keep'] as const) {
    const alternatives = alternativesOf(policy[field])
    if (alternatives.length > 1) warnings.push(warningAboutAlternatives(field, policy[field], alternatives))
  }
  return warnings
}

/** GitLab's documentation has a group in its example: `(?:v.+|main|release.*)` ("Regex pattern examples"). */
function warningAboutAlternatives(field: string, expression: string, alternatives: string[]): string {
  const meanings = alternatives.map((alternative, index) => {
    if (index === 0) return `begins with ${quoted(alternative)}`
    return `${index === alternatives.length - 1 ? 'ends with' : 'contains'} ${quoted(alternative)}`
  })
  return [
    `${field} ${quoted(expression)} matches a tag that ${meanings.join(', or ')}`,
    `to match whole tags, write ${quoted(`(?:${expression})`)}`,
  ].join('; ')
}

function warningsAboutPages({ keep_n }: GitlabPolicy, images: readonly PolicyImage[]): string[] {
  if (keep_n === null) return []
  const counts = new Map<string, number>()
  for (const { repository, tags } of images)
    counts.set(repository, (counts.get(repository) ?? 0) + tags.length)
  const large = [...counts.values()].filter((count) => count > PAGE).length
  if (large === 0) return []
  return [
    `${large} ${large === 1 ? 'repository has' : 'repositories have'} more than ${PAGE} tags: GitLab keeps the ${keep_n} newest of each ${PAGE} tags in the order of their names, Tallyman those of the whole repository`,
  ]
}
