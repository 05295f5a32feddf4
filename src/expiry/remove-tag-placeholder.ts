import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { RegistryClient } from '../registry/client.ts'
import { hashOf } from '../registry/digest.ts'
import { DOCKER_LIST, DOCKER_MANIFEST, OCI_MANIFEST } from '../registry/manifest.ts'
import { hasNoAnswer, isUnreadable, lacksContents, RegistryError } from '../registry/registry-error.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { Sleep } from './delete-pace.ts'
import { makeTryAgain } from './last-looks.ts'
import { makePutBacks } from './put-backs.ts'
import { DeletesDisabled } from './registry-refusal.ts'

/** A label of a placeholder's config. It tells people what the image is. */
const LABEL = 'vnd.tallyman.placeholder'

/** How long a digest is known as that of a placeholder, in ms: notifications may come late. */
const KNOWN_MS = 7 * 86_400_000

/** For how long another process may be about to put a placeholder that is noted, in ms. */
const PUT_WITHIN_MS = 3_600_000

/** What became of a tag that an earlier run has put on a placeholder. */
type Settled = Replaced & (PlaceholderResult | { outcome: 'kept' })

/** A tag that is on a placeholder or will be, with the image that it named. */
const Replaced = Type.Object({
  project: Type.String(),
  repository: Type.String(),
  tag: Type.String(),
  digest: Type.String(),
  mediaType: Type.String(),
  /** The bytes of the manifest, in base64. */
  manifest: Type.String(),
})
export type Replaced = Static<typeof Replaced>

/** What is stored of it. `at`: when, epoch µs. */
const Noted = Type.Object({ ...Replaced.properties, at: Type.Number() })
export type Noted = Static<typeof Noted>

export type PlaceholderResult =
  | { outcome: 'untagged' }
  | { outcome: 'moved' | 'refused' | 'failed'; why: string }

const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'

const FOLDER = 'expiry-placeholders/'

/** An object of this key says that a digest is that of a placeholder. While the placeholder may be there, it holds a `Noted`. */
const keyOf = (registry: string, repository: string, placeholder: string): string =>
  `${FOLDER}${registry}/${repository}/${placeholder}.json`

/** Makes a function that tells whether a digest is that of a placeholder, which is no image. */
export const makeIsPlaceholder =
  (store: Pick<ObjectStore, 'head'>) =>
  async (registry: string, repository: string, digest: string): Promise<boolean> =>
    (await store.head(keyOf(registry, repository, digest))) !== undefined

/**
 * Deletes tags where the registry deletes digests only: puts a manifest of its own under the tag, the placeholder, and
 * deletes the placeholder's digest, as regctl does. The digest of the image is never deleted. `now` is epoch µs.
 *
 * Registries have no conditional PUT. If somebody pushes the tag between our last HEAD and our PUT, or while the registry
 * carries out the DELETE, that tag is lost, and its image stays. Each takes one request, so some milliseconds.
 */
export function makePlaceholders(deps: {
  client: Pick<
    RegistryClient,
    'headManifest' | 'putManifest' | 'uploadBlob' | 'deleteManifest' | 'refusesDeletes'
  >
  registry: string
  store: ObjectStore
  /** Repeats a request that the registry has no time for. Without it, such a request fails. */
  wait?: <T>(act: () => Promise<T>) => Promise<T>
  now: () => number
  sleep?: Sleep
}) {
  const { client, registry, store, wait = (act) => act(), sleep = setTimeout } = deps
  const putBacks = makePutBacks({ client, registry, store, wait })
  const tryAgain = makeTryAgain(sleep)
  const ours = new Set<string>()
  /** Repositories of which the registry deletes digests. */
  const deletable = new Set<string>()
  const digestAt = async ({ repository, tag }: Pick<Replaced, 'repository' | 'tag'>) =>
    (await wait(() => client.headManifest(repository, tag)))?.digest

  /**
   * `lastLook` tells what keeps the tag after all. It is asked right before the placeholder is put.
   * @throws RegistryError, or DeletesDisabled: then the placeholder would stay, and none is put
   */
  async function deleteTag<Kept>(
    replaced: Replaced,
    lastLook: () => Promise<Kept | undefined>,
  ): Promise<PlaceholderResult | Kept> {
    const { repository, tag } = replaced
    if (!deletable.has(repository)) {
      if (await client.refusesDeletes(repository)) throw new DeletesDisabled(registry)
      deletable.add(repository)
    }
    const { config, manifest, mediaType } = placeholderFor(replaced)
    const blob = { digest: hashOf(config), size: config.length }
    try {
      await client.uploadBlob(repository, blob, async () => Readable.from([config]))
    } catch (error) {
      // A login may be allowed to delete and not to push.
      if (!(error instanceof RegistryError) || error.status !== 401) throw error
      return {
        outcome: 'refused',
        why: `to delete a tag alone, the login must be allowed to push: ${error.answer}`,
      }
    }
    const placeholder = hashOf(manifest)
    const key = keyOf(registry, repository, placeholder)
    ours.add(placeholder)
    await store.put(key, JSON.stringify({ ...replaced, at: deps.now() }))
    const kept = await lastLook()
    if (kept !== undefined) {
      await store.put(key, '')
      return kept
    }
    try {
      await client.putManifest(repository, tag, manifest, mediaType)
    } catch (error) {
      if ((await digestAt(replaced)) !== placeholder) throw error
    }
    return deletePlaceholder(replaced, placeholder)
  }

  /** If the registry does not delete the placeholder, its tag is put back, and a later run tries again. */
  async function deletePlaceholder(replaced: Replaced, placeholder: string): Promise<PlaceholderResult> {
    const { repository, tag } = replaced
    const before = await digestAt(replaced)
    if (before !== placeholder) return movedTo(before)
    try {
      await wait(() => tryAgain(() => client.deleteManifest(repository, placeholder)))
    } catch (error) {
      if (!(error instanceof RegistryError)) {
        // The run was stopped while it waited.
        await putBack(replaced, placeholder)
        throw error
      }
      // It may be gone nevertheless: see remove-image.ts.
      if ((await digestAt(replaced)) !== undefined) {
        const failure = await putBack(replaced, placeholder)
        if (failure === undefined) throw error
        const why = `${error.message}; the tag is on the placeholder ${placeholder} until the next run: ${failure.message}`
        return { outcome: 'failed', why }
      }
    }
    const after = await digestAt(replaced)
    if (after === placeholder)
      return { outcome: 'failed', why: `the registry has deleted ${placeholder}, and still has ${tag} on it` }
    await store.put(keyOf(registry, repository, placeholder), '')
    return after === undefined ? { outcome: 'untagged' } : movedTo(after)
  }

  /** Puts a tag back on its image if it is on the placeholder. Gives why that failed. */
  async function putBack(replaced: Replaced, placeholder: string): Promise<RegistryError | undefined> {
    const { repository, tag, mediaType, manifest } = replaced
    try {
      await wait(async () => {
        if ((await client.headManifest(repository, tag))?.digest === placeholder)
          await client.putManifest(repository, tag, Buffer.from(manifest, 'base64'), mediaType)
      })
      return undefined
    } catch (error) {
      if (error instanceof RegistryError) return error
      throw error
    }
  }

  /**
   * Ends what a run has begun that was killed, or whose registry failed. A tag that is on a placeholder is deleted with it if a
   * plan of now deletes that tag; otherwise the tag is put back on its image. Gives what became of each such tag.
   * @throws RegistryError
   */
  async function* settle(
    mayDelete: () => Promise<boolean>,
    stillUntags: (noted: Noted) => Promise<boolean>,
  ): AsyncGenerator<Settled> {
    for await (const { key, size, modifiedAt } of store.list(`${FOLDER}${registry}/`)) {
      const ageMs = deps.now() / 1000 - modifiedAt.getTime()
      const replaced = size > 0 ? await readNoted(key) : undefined
      const placeholder = key.slice(key.lastIndexOf('/') + 1, -'.json'.length)
      ours.add(placeholder)
      if (replaced === undefined) {
        if (ageMs > KNOWN_MS) await store.delete(key)
        continue
      }
      const settled = await settleOne(replaced, placeholder, ageMs).catch((error) => {
        // The storage of this tag may be damaged. The run goes on with what else there is.
        if (isUnreadable(error)) return { ...replaced, outcome: 'failed' as const, why: error.message }
        throw error
      })
      if (settled !== undefined) yield settled
    }

    async function settleOne(noted: Noted, placeholder: string, ageMs: number): Promise<Settled | undefined> {
      if ((await digestAt(noted)) !== placeholder) {
        if (await mayDelete()) await deleteLeftover(noted, placeholder, ageMs)
        return undefined
      }
      if ((await stillUntags(noted)) && (await mayDelete()))
        return { ...noted, ...(await deletePlaceholder(noted, placeholder)) }
      const failure = await putBack(noted, placeholder)
      if (failure === undefined) return { ...noted, outcome: 'kept' }
      // The contents of the image were collected: the tag can never come back.
      if (lacksContents(failure) && (await mayDelete()))
        return { ...noted, ...(await deletePlaceholder(noted, placeholder)) }
      return { ...noted, outcome: 'failed', why: failure.message }
    }
  }

  /** Deletes a placeholder without a tag. One that the registry keeps does no harm, so it is not asked again. */
  async function deleteLeftover({ repository }: Replaced, placeholder: string, ageMs: number): Promise<void> {
    try {
      const outcome = await client.deleteManifest(repository, placeholder)
      if (outcome === 'absent' && ageMs < PUT_WITHIN_MS) return
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      if (error.retry || hasNoAnswer(error)) return
    }
    await store.put(keyOf(registry, repository, placeholder), '')
  }

  async function readNoted(key: string): Promise<Noted | undefined> {
    const body = await store.get(key)
    if (body === undefined || body.length === 0) return undefined
    return Value.Parse(Noted, JSON.parse(body.toString()))
  }

  return {
    deleteTag,
    settle,
    putBacks,

    /** Whether a digest is that of a placeholder which this process has put, or found in `settle`. It is no image of a plan. */
    isOurs: (digest: string): boolean => ours.has(digest),
  }
}
export type Placeholders = ReturnType<typeof makePlaceholders>

export const movedTo = (digest: string | undefined): { outcome: 'moved'; why: string } => ({
  outcome: 'moved',
  why:
    digest === undefined ? 'the tag was deleted meanwhile' : `the registry has the tag on ${digest} by now`,
})

/**
 * An image that no registry has yet, since its config has a random id. It is of a kind whose notification tells all that
 * there is to know of it. Old clients and mirrors take Docker's formats only.
 */
function placeholderFor({ repository, tag, digest, mediaType: replacedType }: Replaced) {
  const isDocker = replacedType === DOCKER_MANIFEST || replacedType === DOCKER_LIST
  const about = 'Tallyman puts this under a tag to delete the tag, and then deletes it'
  const Labels = { [LABEL]: about, repository, tag, digest, id: randomUUID() }
  const rootfs = { type: 'layers', diff_ids: [] }
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Labels }, rootfs }),
  )
  const descriptor = {
    mediaType: isDocker ? DOCKER_CONFIG : OCI_CONFIG,
    digest: hashOf(config),
    size: config.length,
  }
  const mediaType = isDocker ? DOCKER_MANIFEST : OCI_MANIFEST
  const manifest = { schemaVersion: 2, mediaType, config: descriptor, layers: [] }
  return { config, manifest: Buffer.from(JSON.stringify(manifest)), mediaType }
}
