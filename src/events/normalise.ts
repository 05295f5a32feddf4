import { parseTimestamp } from '../platform/timestamp.ts'
import { IMAGE_CONFIGS } from '../registry/build-time.ts'
import { hasUrls, isUncertain } from '../registry/descriptor.ts'
import { isDigest } from '../registry/digest.ts'
import { isManifestType, OCI_MANIFEST } from '../registry/manifest.ts'
import { isRepositoryName, isTag } from '../registry/name.ts'
import { believableSize, type Fact, type Reference } from '../usage/fact.ts'
import { contentReference } from '../usage/references-of.ts'
import { isBelow, type Rename } from '../usage/renames.ts'
import { type RegistryEvent, readEvent } from './event.ts'
import { excerpt } from './excerpt.ts'
import { outOfBounds } from './out-of-bounds.ts'
import type { IsScanner } from './scanners.ts'

/** The outcome for one event. `ignored`: understood, but it changes nothing. `unclear`: it belongs in quarantine. */
export type Normalised = { fact: Fact } | { rename: Rename } | { ignored: string } | { unclear: string }

/**
 * Makes a fact of one event, or says why there is none. The shapes of events and their meaning: docs/registries.md,
 * Events. `receivedAt` is when the delivery arrived, `now` the time now, both epoch µs. A timestamp far after the one or
 * far before the other is not believed. `actors`: whether facts tell who pushed.
 */
export const makeNormalise = ({ isScanner, actors }: { isScanner: IsScanner; actors: boolean }) =>
  function normalise(value: unknown, receivedAt: number, now: number): Normalised {
    if (isPing(value)) return { ignored: 'ping' }
    const event = readEvent(value)
    if ('problem' in event) return { unclear: event.problem }
    const at = parseTimestamp(event.timestamp)
    if (at === undefined) return { unclear: `timestamp "${excerpt(event.timestamp)}" is not RFC 3339` }
    const excess = outOfBounds(event, at, { receivedAt, now })
    if (excess !== undefined) return { unclear: excess }
    if (event.action === 'rename') return renamed(event, at)
    const { repository = '', digest = '', tag = '' } = event.target
    if (!isRepositoryName(repository))
      return { unclear: `repository "${excerpt(repository)}" is not a repository name` }
    if (digest !== '' && !isDigest(digest)) return { unclear: `digest "${excerpt(digest)}" is not a digest` }
    if (tag !== '' && !isTag(tag)) return { unclear: `tag "${excerpt(tag)}" is not a tag` }

    switch (event.action) {
      case 'push':
      case 'mount':
        if (digest === '') return { unclear: `${event.action} without a digest` }
        return push(event, at, repository, digest, actors)
      case 'pull':
        if (digest === '') return { unclear: 'pull without a digest' }
        return pull(event, at, repository, digest, isScanner)
      case 'delete':
        if (digest !== '') return { fact: { kind: 'delete', repository, at, digest } }
        if (tag !== '') return { fact: { kind: 'untag', repository, at, tag } }
        return { fact: { kind: 'drop', repository, at } }
      default:
        return { unclear: `action "${excerpt(event.action)}" is not known` }
    }
  }
export type Normalise = ReturnType<typeof makeNormalise>

/** Azure's test of an endpoint. It is about no repository. */
const isPing = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'action' in value && value.action === 'ping'

/** Both types of rename move a path and everything below it (GitLab container-registry, merge request 1869, issue 1172). */
function renamed({ target }: RegistryEvent, at: number): Normalised {
  const { type = '', from = '', to = '' } = target.rename ?? {}
  if (type !== 'name' && type !== 'namespace')
    return { unclear: `rename of type "${excerpt(type)}" is not known` }
  if (!isRepositoryName(from))
    return { unclear: `rename from "${excerpt(from)}", which is not a repository name` }
  if (!isRepositoryName(to)) return { unclear: `rename to "${excerpt(to)}", which is not a repository name` }
  if (from === to) return { ignored: 'rename to the same name' }
  if (isBelow(from, to) || isBelow(to, from))
    return { unclear: `rename from "${from}" to "${to}", one of which is below the other` }
  return { rename: { from, to, at } }
}

function push(
  event: RegistryEvent,
  at: number,
  repository: string,
  digest: string,
  actors: boolean,
): Normalised {
  if (event.action === 'mount' || !isManifest(event))
    return { fact: { kind: 'link', repository, at, digest, size: believableSize(sizeOf(event.target)) } }
  const { target } = event
  const seen = { ...sighting(event, at, repository, digest), ...(actors && actorTold(event)) }
  return { fact: { kind: 'push', ...seen, ...referencesTold(target) } }
}

/** Control and formatting characters, and halves of characters: in a message to people they could pass for other text. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

/** The login name. GitLab's `actor.user` is a token and is never read (docs/registries.md, Events). */
function actorTold({ actor: { name = '' } = {} }: RegistryEvent) {
  return name === '' || UNPRINTABLE.test(name) ? {} : { actor: name }
}

/** The user agent of registry/transport.ts. A read by Tallyman, for a promotion or the trash, is no use of the image. */
const OURSELVES = /^tallyman\b/

/**
 * A HEAD of a manifest is use as well: a node that has the image sends nothing else. It is no pull, so it is told as the
 * presence of the manifest. A pull of a blob comes with or after the pull of its manifest. (docs/usage.md, Pulls)
 */
function pull(
  event: RegistryEvent,
  at: number,
  repository: string,
  digest: string,
  isScanner: IsScanner,
): Normalised {
  if (OURSELVES.test(event.request?.useragent ?? '')) return { ignored: 'pull by Tallyman' }
  if (!isManifest(event)) return { ignored: 'pull of a blob' }
  const isHead = event.request?.method === 'HEAD'
  if (isScanner(event))
    return isHead
      ? { ignored: 'HEAD by a scanner' }
      : { fact: { kind: 'scan', repository, at, id: event.id } }
  const seen = sighting(event, at, repository, digest)
  return {
    fact: isHead ? { kind: 'present', via: 'pull', ...seen } : { kind: 'pull', id: event.id, ...seen },
  }
}

function sighting({ target }: RegistryEvent, at: number, repository: string, digest: string) {
  const { mediaType = '', tag } = target
  const base = { repository, at, digest, size: sizeOf(target), mediaType }
  return tag ? { ...base, tag } : base
}

/** Go leaves out an empty list, so an empty list and a missing one mean the same. */
function referencesTold({ mediaType = '', references }: RegistryEvent['target']) {
  if (!references?.length) return {}
  return { references: references.flatMap(referenceOf), extent: extentOf(mediaType, references) }
}

type TargetReference = NonNullable<RegistryEvent['target']['references']>[number]

/**
 * Whether the event tells everything that the manifest references. Events do not tell a `subject`. Docker's formats have
 * none. An OCI index may have one, and expiry must know it. One GET for each pushed index costs little beside the pushes of
 * its children. An OCI image may have one, too, but hardly any has, and one GET for each push would cost too much: expiry
 * looks for it before it deletes the image, and the next reconcile reads it.
 */
function extentOf(mediaType: string, references: readonly TargetReference[]): 'all' | 'contents' {
  // The registry must be asked.
  if (references.some(({ digest = '', urls }) => isUncertain({ digest, urls }))) return 'contents'
  const isImage =
    mediaType === OCI_MANIFEST && references.some((ref) => IMAGE_CONFIGS.includes(ref.mediaType ?? ''))
  return isImage || DOCKER.test(mediaType) ? 'all' : 'contents'
}

const DOCKER = /^application\/vnd\.docker\.distribution\.manifest\./

/** Leaves out what has `urls`, since the registry may not hold it, and references whose digest is none. */
function referenceOf(ref: TargetReference): Reference[] {
  const mediaType = ref.mediaType ?? ''
  if (!isDigest(ref.digest) || hasUrls(ref.urls)) return []
  return [contentReference({ mediaType, digest: ref.digest, size: ref.size ?? 0 })]
}

const sizeOf = (target: RegistryEvent['target']): number => target.size || target.length || 0

/** Whether the event is about a manifest: by its media type, or by the end of its URL. A repository may be called `manifests`. */
function isManifest({ target }: RegistryEvent): boolean {
  return isManifestType(target.mediaType ?? '') || /\/manifests\/[^/]+$/.test(target.url ?? '')
}
