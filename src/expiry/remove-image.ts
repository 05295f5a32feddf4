import type { RegistryClient } from '../registry/client.ts'
import { parseManifest } from '../registry/manifest.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { InvalidManifest, isUnreadable, mayPass, RegistryError } from '../registry/registry-error.ts'
import { digestKey } from '../usage/digest-key.ts'
import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision, Deleted } from './decision.ts'
import type { Sleep } from './delete-pace.ts'
import type { Families } from './families.ts'
import { makeImageAtRegistry } from './image-at-registry.ts'
import { lookLast, makeTryAgain } from './last-looks.ts'
import type { ExpiryPolicy } from './plan.ts'
import { outcomeOfError } from './registry-refusal.ts'
import type { RepositoryView, StillDoomed } from './repository-view.ts'
import { takeBack } from './take-back.ts'
import type { Trash } from './trash.ts'

/** What became of the image, with the decision of now if there is one: it may have other tags by now. */
export type Result = Pick<Deleted, 'outcome' | 'why'> & Partial<Decision>

/**
 * Makes a function that deletes one image at its registry: it writes the trash, then looks at everything again, then deletes
 * (docs/expiry.md, What a run looks at before each delete). What the registry refuses
 * and what fails is a result, so that the run goes on. @throws if no other image can be deleted, either
 */
export function makeRemoveImage(deps: {
  client: Pick<
    RegistryClient,
    'headManifest' | 'getManifest' | 'deleteManifest' | 'refusesDeletes' | 'hasGitLabApi'
  >
  policy: ExpiryPolicy
  /** The id of the run. */
  run: string
  view: RepositoryView
  /** What tags at the registry keep now that stand elsewhere than the index says: why, by digest. */
  untoldTags: () => Promise<ReadonlyMap<string, string>>
  trash: Trash
  families: Families
  /** It is asked again right before the delete. */
  mayDelete: () => Promise<boolean>
  sleep: Sleep
}) {
  const { client, policy, view } = deps
  const atRegistry = makeImageAtRegistry(client)
  const tryAgain = makeTryAgain(deps.sleep)
  /** Images whose DELETE got no good answer: the registry may carry it out still. */
  const asked = new Set<string>()

  return async function removeImage(decision: Decision): Promise<Result> {
    try {
      return await tryAgain(() => remove(decision))
    } catch (error) {
      return outcomeOfError(error, client, decision.repository)
    }
  }

  async function remove({ repository, digest }: Decision): Promise<Result> {
    const found = await stillDoomed(digest)
    if (typeof found === 'string') return { outcome: 'moved', why: found }
    const manifest = await client.getManifest(repository, digest).catch((error) => {
      if (isUnreadable(error) && (error.status ?? 500) === 500) return error
      throw error
    })
    if (manifest instanceof RegistryError)
      return { outcome: 'moved', why: `the registry cannot read it: ${manifest.answer}` }
    if (manifest === undefined) return absentOr(found)
    if (namesUnknownSubject(manifest, found.image))
      return { outcome: 'moved', why: 'it names a subject that no event told' }
    const { image, decision } = found
    await deps.trash.put(deps.run, policy, decision, manifest)
    const noteFamily = once(() => deps.families.note(policy.registry, { policy: policy.name, image }))
    if (found.hasDependents) await noteFamily()
    const kept = await lookLast(
      () => whyKept(digest, noteFamily),
      deps.mayDelete,
      () => forget(image),
    )
    return kept ?? { ...decision, ...(await deleteManifest(image)) }
  }

  /** Why the image stays by the tags of the registry and by a plan of now. To list and look up tags may take minutes, so it comes first. */
  async function stillDoomed(digest: string): Promise<StillDoomed | string> {
    return (await deps.untoldTags()).get(digest) ?? view.stillDeletes(digest)
  }

  /** What keeps the image; `undefined` if nothing does. It is asked once all that takes long is done, right before the DELETE. */
  async function whyKept(digest: string, noteFamily: () => Promise<void>): Promise<Result | undefined> {
    const found = await stillDoomed(digest)
    if (typeof found === 'string') return { outcome: 'moved', why: found }
    // A signature may have come while the trash was written.
    if (found.hasDependents) await noteFamily()
    const moved = await atRegistry.whyMoved(found.image, found.parents)
    if (moved !== undefined) return { outcome: 'moved', why: moved }
    // To look up many tags takes long.
    const still = await view.stillDeletes(digest)
    return typeof still === 'string' ? { outcome: 'moved', why: still } : undefined
  }

  /** Of an image that the registry does not have by its digest. It may be not well: then it has the image by a tag. */
  async function absentOr({ image, parents }: StillDoomed): Promise<Result> {
    const moved = await atRegistry.whyMoved(image, parents)
    if (moved !== undefined) return { outcome: 'moved', why: moved }
    const tag = await atRegistry.tagOn(image)
    if (tag === undefined) return { outcome: 'absent' }
    return {
      outcome: 'failed',
      why: `the registry does not have it by its digest, and has it by its tag ${tag}`,
    }
  }

  /** Of an image that stays after all. */
  async function forget(image: IndexedImage): Promise<void> {
    const { registry } = policy
    const { repository, digest } = image
    if (asked.has(digest)) return
    if (await takeBack(client, deps.trash, { registry, repository, digest }))
      await deps.families.forget(registry, image)
  }

  /**
   * Some registries accept a delete and keep the image, so it is looked for afterwards. If that fails, the answer counts. A
   * proxy may answer an error, or the connection may break, though the registry has deleted the image.
   *
   * If the link of any tag of the repository is damaged, docker registry 2.8 deletes the manifest, cannot look for its tags,
   * and answers 500. The tags stay in the list and name nothing.
   *
   * What the registry refuses, it keeps, so the trash must not tell that it was deleted.
   */
  async function deleteManifest(image: IndexedImage): Promise<Result> {
    const { repository, digest } = image
    const isThere = async () => (await client.headManifest(repository, digest)) !== undefined
    try {
      const outcome = await client.deleteManifest(repository, digest)
      return (await isThere().catch(() => false)) ? STILL_THERE : { outcome }
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error
      if (!mayPass(error)) {
        await forget(image)
        throw error
      }
      asked.add(digest)
      if (await isThere()) throw error
      return {
        outcome: 'deleted',
        why: `the registry does not have it any more, and answered ${error.answer}`,
      }
    }
  }
}

/** Does it the first time only. */
function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= act()
    return done
  }
}

const STILL_THERE: Result = { outcome: 'failed', why: 'the registry accepted the delete and still has it' }

/**
 * Whether a manifest has a subject of which the plan did not know: no event tells it, and nobody has read the manifest
 * before (docs/usage.md, References).
 */
function namesUnknownSubject({ bytes, descriptor }: FetchedManifest, image: IndexedImage): boolean {
  try {
    const { subject } = parseManifest(bytes, descriptor.mediaType)
    if (subject === undefined) return false
    const key = digestKey(subject.digest)
    return !image.references?.some((reference) => reference.kind === 'subject' && reference.key === key)
  } catch (error) {
    if (error instanceof InvalidManifest) return false
    throw error
  }
}
