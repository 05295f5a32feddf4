import { makeGlob } from '../platform/glob.ts'
import type { Details, Texts } from './details/details.ts'
import type { FindProtection, ProtectionOf } from './protection.ts'

/** What the configuration protects, at every registry. Tags and repositories are globs; a label is `key` or `key=value`. */
export interface Protected {
  tags: readonly string[]
  repositories: readonly string[]
  digests: readonly string[]
  labels: readonly string[]
}

/** Protects images by the configuration of now: a reload may change it. */
export const makeFindProtected =
  (configured: () => Protected): FindProtection =>
  async () =>
    protectionBy(configured())

/** If labels are configured, an image whose labels are not known is protected, too. */
export function protectionBy({ tags, repositories, digests, labels }: Protected): ProtectionOf {
  const ofTags = tags.map((glob) => ({ glob, matches: makeGlob(glob) }))
  const ofRepositories = repositories.map((glob) => ({ glob, matches: makeGlob(glob) }))
  const ofLabels = labels.map((label) => ({ label, matches: labelMatcher(label) }))
  const known = new Set(digests)

  function unknownOrLabelled(details: Details | null): string | undefined {
    const labelsOfImage = details?.labels
    if (labelsOfImage === undefined)
      return 'its labels are not known, and labels of expiry.protect keep images'
    const found = ofLabels.find(({ matches }) => matches(labelsOfImage))
    return found && reason('label', found.label)
  }

  return (image, details) => {
    if (known.has(image.digest)) return 'it is protected: its digest is in expiry.protect'
    const repository = ofRepositories.find(({ matches }) => matches(image.repository))
    if (repository) return reason('repository', repository.glob)
    const tag = ofTags.find(({ matches }) => image.tags.some(({ name }) => matches(name)))
    if (tag) return reason('tag', tag.glob)
    return ofLabels.length === 0 || details === undefined ? undefined : unknownOrLabelled(details)
  }
}

const reason = (kind: string, what: string): string =>
  `it is protected: the ${kind} ${what} of expiry.protect`

function labelMatcher(label: string): (labels: Texts) => boolean {
  const equals = label.indexOf('=')
  const key = equals === -1 ? label : label.slice(0, equals)
  return (labels) =>
    Object.hasOwn(labels, key) &&
    (equals === -1 || [null, label.slice(equals + 1)].includes(labels[key] ?? null))
}
