import { copyBlob } from '../promotion/copy/copy-blob.ts'
import type { CopyClient } from '../promotion/copy/copy-client.ts'
import { CopyError } from '../promotion/copy/copy-error.ts'
import { trackProgress } from '../promotion/copy/progress.ts'
import { makeTargetStates } from '../promotion/copy/target-state.ts'
import { writeTag } from '../promotion/copy/write-tag.ts'
import type { RepairJob } from '../queue/jobs.ts'
import { MANIFEST_TYPES, parseManifest } from '../registry/manifest.ts'
import type { FetchedManifest } from '../registry/manifest-api.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import { type DamagedContent, IN_TRASH } from './broken-alert.ts'
import type { BrokenRecord } from './broken-records.ts'
import type { Damage } from './damage.ts'
import { inspectImage } from './inspect-image.ts'
import { type Place, placeOf } from './place-of.ts'
import type { Repaired, RepairResult } from './repair-result.ts'

/** Each round finds what is below the manifests that the one before has put back. */
const MOST_ROUNDS = 8

type Manifest = Pick<FetchedManifest, 'bytes'> & { descriptor: { mediaType: string } }

/** Where a content is whole, as far as is known: a copy may give a byte of it and have wrong ones. */
interface Source {
  name: string
  /** `undefined`: the trash. */
  side: { client: CopyClient; repository: string } | undefined
  /** Of a manifest. */
  manifest: Manifest | undefined
}

/** What says that content cannot be read or put at a place. Another place may have it. */
const isOfPlace = (error: unknown): error is Error =>
  error instanceof RegistryError || error instanceof CopyError || error instanceof InvalidManifest

/**
 * Makes what puts back content of broken images: into the same repository, from a copy, by digest. What the registry says is
 * believed once all bytes of it were read back.
 */
export function makeRepair(deps: {
  clientOf: (registry: string) => CopyClient
  /** The record of the image, if it is known to be broken. */
  find: (registry: string, image: { repository: string; digest: string }) => Promise<BrokenRecord | undefined>
  findCopies: (registry: string, content: DamagedContent) => Promise<string[]>
  /** Repositories of the registry that are known to have a blob. */
  mountFrom: (registry: string) => (digest: string) => Promise<string[]>
  /** A manifest of the trash. */
  trashed: (image: Place & { digest: string }) => Promise<Manifest | undefined>
  /** Told what was put back, or is there again, for the records. */
  onRepaired: (registry: string, digests: ReadonlySet<string>) => Promise<void>
  /** Ends what is being copied or read: a layer may take minutes. The repair throws its reason then. */
  stopped: AbortSignal
}) {
  const { stopped } = deps
  const stateOf = makeTargetStates()

  return async function repair(job: RepairJob): Promise<RepairResult> {
    const { registry, repository, digest, dryRun } = job
    const target = { client: deps.clientOf(registry), repository }
    const record = await deps.find(registry, { repository, digest })
    const deep = new Set(record?.damages.filter(({ fault }) => fault === 'corrupt').map((one) => one.digest))
    const contents = new Map<string, Repaired>()
    let left: Damage[] = []

    for (let round = 0; round < MOST_ROUNDS; round++) {
      const inspected = await inspectImage(target, digest, { deep, signal: stopped })
      left = inspected.damages
      // It was there: somebody has deleted it meanwhile, and does not want it back.
      if (round > 0 && !contents.has(digest) && inspected.nodes.length === 0) {
        contents.set(digest, deletedMeanwhile(digest))
        break
      }
      const fresh = left.filter((damage) => !contents.has(damage.digest))
      if (fresh.length === 0) break
      // A registry takes no manifest without its content.
      for (const damage of fresh) contents.set(damage.digest, await putBack(damage))
      if (dryRun) break
    }
    const repaired = [...contents.values()].filter(({ outcome }) => outcome === 'repaired')
    // Somebody may have put it back in another way. What is in front of the registry was not looked at.
    const whole = left.length > 0 || dryRun ? [] : (record?.damages ?? []).filter((one) => !one.isInFront)
    const mended = new Set([...repaired, ...whole].map((one) => one.digest))
    if (mended.size > 0) await deps.onRepaired(registry, mended)
    return {
      ...{ image: `${registry}/${repository}@${digest}`, dryRun },
      ...{ isWhole: left.length === 0, contents: [...contents.values()] },
    }

    async function putBack(damage: Damage): Promise<Repaired> {
      const { digest, part, fault, size } = damage
      const told = { digest, part, fault, size }
      let failed: Repaired | undefined
      for await (const source of sourcesOf(damage)) {
        const { name: from } = source
        if (dryRun) return { ...told, from, outcome: 'planned', reason: null }
        try {
          await bring(damage, source)
          return { ...told, from, outcome: 'repaired', reason: null }
        } catch (error) {
          stopped.throwIfAborted()
          if (!isOfPlace(error)) throw error
          failed ??= {
            ...told,
            from,
            outcome: 'failed',
            reason: `${error.message}${adviceFor(error, fault)}`,
          }
        }
      }
      const where = job.from === undefined ? 'no good copy is known' : 'it is not there'
      return failed ?? { ...told, from: null, outcome: 'failed', reason: `${where}: name one with --from` }
    }

    function bring(damage: Damage, { manifest, side }: Omit<Source, 'name'>): Promise<void> {
      return manifest ? putManifest(damage.digest, manifest, side) : sendBlob(damage, side)
    }

    /** Brings it from the first place that really has it, `known` before others. If none has, what is put after it fails. */
    async function bringFromAny(damage: Damage, known?: Source['side']): Promise<void> {
      const tried = (source: Omit<Source, 'name'>): Promise<boolean> =>
        bring(damage, source).then(
          () => true,
          (error) => {
            stopped.throwIfAborted()
            if (!isOfPlace(error)) throw error
            return false
          },
        )
      if (known !== undefined && (await tried({ side: known, manifest: undefined }))) return
      for await (const source of sourcesOf(damage)) if (await tried(source)) return
    }

    /** The places that have it, one after the other. A place that cannot be asked is passed over, unless it was named. */
    async function* sourcesOf(damage: Damage): AsyncGenerator<Source> {
      if (isManifest(damage) && job.from === undefined) {
        const manifest = await deps.trashed({ registry, repository, digest: damage.digest })
        if (manifest !== undefined) yield { name: IN_TRASH, manifest, side: undefined }
      }
      for (const place of await placesOf(damage)) {
        const side = { client: deps.clientOf(place.registry), repository: place.repository }
        const name = `${place.registry}/${place.repository}`
        try {
          const manifest = isManifest(damage)
            ? await side.client.getManifest(side.repository, damage.digest)
            : undefined
          const isThere = isManifest(damage)
            ? manifest !== undefined
            : await side.client.readsBlob(side.repository, damage.digest)
          if (isThere) yield { name, side, manifest }
        } catch (error) {
          if (job.from !== undefined || !isOfPlace(error)) throw error
        }
      }
    }

    async function placesOf(damage: Damage): Promise<Place[]> {
      if (job.from !== undefined) return [job.from]
      const image: BrokenRecord = record ?? {
        ...{ repository, digest, tags: job.tag === undefined ? [] : [job.tag], tagCount: 0 },
        ...{ damages: [damage], damageCount: 1, project: '', since: '', seenAt: '' },
      }
      const copies = await deps.findCopies(registry, { damage, images: [image] })
      return copies
        .filter((name) => name !== IN_TRASH)
        .map(placeOf)
        .filter((place) => place.registry !== registry || place.repository !== repository)
    }

    /** Puts a manifest, after the contents that it names and that are not there. */
    async function putManifest(
      wanted: string,
      { bytes, descriptor }: Manifest,
      side: { client: CopyClient; repository: string } | undefined,
    ): Promise<void> {
      const { mediaType, config, layers, children } = parseManifest(bytes, descriptor.mediaType)
      const type = MANIFEST_TYPES.includes(descriptor.mediaType) ? descriptor.mediaType : mediaType
      for (const { digest, size, foreign } of [...(config ? [config] : []), ...layers]) {
        if (foreign || (await target.client.headBlob(repository, digest)) !== undefined) continue
        await bringFromAny({ digest, part: 'layer', fault: 'missing', size }, side)
      }
      for (const child of children) {
        if ((await target.client.getManifest(repository, child.digest)) !== undefined) continue
        await bringFromAny({ digest: child.digest, part: 'child', fault: 'missing', size: child.size })
      }
      await writeTag(target, wanted, { digest: wanted, mediaType: type, bytes })
    }

    async function sendBlob(
      { digest, size }: Damage,
      source: { client: CopyClient; repository: string } | undefined,
    ): Promise<void> {
      if (source === undefined) throw new CopyError('absent', 'a manifest is no blob')
      await copyBlob(
        {
          ...{ source, target, sameRegistry: source.client === target.client, verify: 'full' },
          ...{ mountFrom: deps.mountFrom(registry), state: stateOf(target.client), signal: stopped, stopped },
          progress: trackProgress(),
        },
        { digest, size, mediaType: '' },
      )
    }
  }
}
export type Repair = ReturnType<typeof makeRepair>

const deletedMeanwhile = (digest: string): Repaired => ({
  ...{ digest, part: 'manifest', fault: 'missing', size: 0, from: null, outcome: 'failed' },
  reason: 'somebody has deleted the image meanwhile',
})

const isManifest = ({ part }: Pick<Damage, 'part'>): boolean => part === 'manifest' || part === 'child'

/** What to do where a registry takes content and does not keep it. */
function adviceFor(error: unknown, fault: Damage['fault']): string {
  if (!(error instanceof CopyError) || error.code !== 'not kept') return ''
  return fault === 'missing'
    ? '. Its cache may say that it has what it has lost (storage.cache.blobdescriptor): restart the registry, then repair again'
    : '. It keeps the content that it has under this digest, which is wrong: delete that from its storage, restart the registry if it has a blob-descriptor cache, then repair again'
}
