import { printable } from '../platform/printable.ts'
import { formatSize } from '../platform/units.ts'
import { makeWildcard } from '../platform/wildcard.ts'
import { digestKey } from '../usage/digest-key.ts'
import { mayBeCut } from '../usage/fact.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import { knownMediaType } from '../usage/media-types.ts'
import { wholeSize } from '../usage/whole-size.ts'
import type { ArtifactKind } from './details/artifact-kind.ts'
import type { Details, Texts } from './details/details.ts'
import type { Finding } from './finding.ts'

/** What a condition looks at. */
export interface Subject {
  image: IndexedImage
  /** The image and everything that it lists, as `Relations.withDescendants` gives it. */
  parts: readonly IndexedImage[]
  details: Details | undefined
  /** Who pushed each tag last; `undefined` if that was not read. */
  pushers: ReadonlyMap<string, string> | undefined
  /** The tag that is decided on; `undefined` for an image without a tag. */
  tag: string | undefined
}

export type Condition = (subject: Subject) => Finding

/** The image is of one of these kinds. */
export const isOfKind =
  (kinds: readonly ArtifactKind[]): Condition =>
  ({ details }) =>
    details === undefined
      ? unknown('its kind is not known yet')
      : { holds: kinds.includes(details.kind), because: `its kind is ${details.kind}` }

/** The media type of the manifest matches. The case of media types does not matter (RFC 2045, 5.1). */
export function hasMediaType(wildcard: string): Condition {
  const matches = makeTypeMatch(wildcard)
  return ({ image, details }) => {
    const type = details?.mediaType ?? knownMediaType(image.mediaType)
    return type === ''
      ? unknown('its media type is not known')
      : { holds: matches(type), because: `its media type is ${quoted(type)}` }
  }
}

/**
 * The type of the artifact matches: `artifactType`, or else the type of its config (OCI image spec 1.1, manifest.md,
 * "Guidelines for Artifact Usage").
 */
export function hasArtifactType(wildcard: string): Condition {
  const matches = makeTypeMatch(wildcard)
  return ({ details }) => {
    if (details === undefined) return unknown('its artifact type is not known yet')
    const type = details.artifactType ?? details.configMediaType
    return type === undefined
      ? { holds: false, because: 'it states no artifact type' }
      : { holds: matches(type), because: `its artifact type is ${quoted(type)}` }
  }
}

function makeTypeMatch(wildcard: string): (type: string) => boolean {
  const matches = makeWildcard(wildcard.toLowerCase())
  return (type) => matches(type.toLowerCase())
}

/** The image with its parts has more bytes than this, each content once. */
export const isLargerThan =
  (bytes: number): Condition =>
  ({ parts }) =>
    bySize(parts, (size, isWhole) => (size > bytes ? true : isWhole ? false : undefined))

/** The image with its parts has fewer bytes than this, each content once. */
export const isSmallerThan =
  (bytes: number): Condition =>
  ({ parts }) =>
    bySize(parts, (size, isWhole) => (size >= bytes ? false : isWhole ? true : undefined))

/** The size of what is known is a lower bound of the size. */
function bySize(
  parts: readonly IndexedImage[],
  decide: (size: number, isWhole: boolean) => boolean | undefined,
): Finding {
  const known = new Set(parts.map(({ digest }) => digestKey(digest)))
  const isWhole = parts.every(({ references }) =>
    references?.every(({ kind, key }) => kind !== 'child' || known.has(key)),
  )
  const size = wholeSize(parts)
  const because = `it has ${formatSize(size)}`
  return {
    holds: decide(size, isWhole),
    because: isWhole ? because : `${because} at least, and not all of its parts are known`,
  }
}

/** It has this label, with a value that matches. */
export const hasLabel = (name: string, wildcard: string): Condition =>
  hasText('label', name, wildcard, ({ details }) => details?.labels)

/** Its manifest has this annotation, with a value that matches. */
export const hasAnnotation = (name: string, wildcard: string): Condition =>
  hasText('annotation', name, wildcard, ({ details }) => details?.annotations)

function hasText(
  what: 'label' | 'annotation',
  name: string,
  wildcard: string,
  textsOf: (subject: Subject) => Texts | undefined,
): Condition {
  const matches = makeWildcard(wildcard)
  return (subject) => {
    const texts = textsOf(subject)
    if (texts === undefined) return unknown(`its ${what}s are not known`)
    if (!Object.hasOwn(texts, name)) return { holds: false, because: `it has no ${what} ${quoted(name)}` }
    const value = texts[name]
    if (value === undefined) return unknown(`only some of its images have the ${what} ${quoted(name)}`)
    if (value !== null)
      return { holds: matches(value), because: `its ${what} ${quoted(name)} is ${quoted(value)}` }
    const because = `the value of its ${what} ${quoted(name)} is not known`
    return wildcard === '*' ? { holds: true, because } : unknown(because)
  }
}

/**
 * Whoever pushed the tag last matches. The case of names matters. The index keeps the first 40 bytes of a name, so the end of
 * a long one is not known.
 */
export function isPushedBy(wildcard: string): Condition {
  const matches = makeWildcard(wildcard)
  const [head = ''] = wildcard.split('*', 1)
  const holds = (name: string): boolean | undefined => {
    if (!mayBeCut(name)) return matches(name)
    if (matches(name) && wildcard.endsWith('*')) return true
    return name.startsWith(head) || head.startsWith(name) ? undefined : false
  }
  return ({ pushers, tag }) => {
    const name = tag === undefined ? undefined : pushers?.get(tag)
    return name === undefined
      ? unknown('it is not known who pushed it')
      : { holds: holds(name), because: `it was pushed by ${quoted(name)}` }
  }
}

const unknown = (because: string): Finding => ({ holds: undefined, because })

/** The most characters of a text from outside in a reason. */
const QUOTED = 100

const quoted = (text: string): string =>
  `"${printable(text.length > QUOTED ? `${text.slice(0, QUOTED).toWellFormed()}…` : text)}"`
