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
import type { DamagedContent } from './broken-alert.ts'
import type { BrokenRecord } from './broken-records.ts'
import type { Damage } from './damage.ts'
import { inspectImage } from './inspect-image.ts'
import { type Place, placeOf } from './place-of.ts'
import type { Repaired, RepairResult } from './repair-result.ts'

/** Each round finds what is below the manifests that the one before has put back. */
const MOST_ROUNDS = 8

type Manifest = Pick<FetchedManifest, 'bytes'> & { descriptor: { mediaType: string } }

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
  /** Told what was put back, for the records. */
  onRepaired: (registry: string, digests: ReadonlySet<string>) => Promise<void>
}) {
  const stateOf = makeTargetStates()

  return async function repair(job: RepairJob): Promise<RepairResult> {
    const { registry, repository, digest, dryRun } = job
    const target = { client: deps.clientOf(registry), repository }
    const record = await deps.find(registry, { repository, digest })
    const deep = new Set(record?.damages.filter(({ fault }) => fault === 'corrupt').map((one) => one.digest))
    const contents = new Map<string, Repaired>()
    let left: Damage[] = []

    for (let round = 0; round < MOST_ROUNDS; round++) {
      const inspected = await inspectImage(target, digest, { deep })
      left = inspected.damages
      const fresh = left.filter((damage) => !contents.has(damage.digest))
      if (fresh.length === 0) break
      // A registry takes no manifest without its content.
      for (const damage of fresh) contents.set(damage.digest, await putBack(damage))
      if (dryRun) break
    }
    const repaired = [...contents.values()].filter(({ outcome }) => outcome === 'repaired')
    if (repaired.length > 0) await deps.onRepaired(registry, new Set(repaired.map((one) => one.digest)))
    return {
      ...{ image: `${registry}/${repository}@${digest}`, dryRun },
      ...{ isWhole: left.length === 0, contents: [...contents.values()] },
    }

    async function putBack(damage: Damage): Promise<Repaired> {
      const { digest, part, fault, size } = damage
      const from = await sourceOf(damage)
      const told = { digest, part, fault, size, from: from?.name ?? null }
      if (from === undefined) {
        const where = job.from === undefined ? 'no good copy is known' : 'it is not there'
        return { ...told, outcome: 'failed', reason: `${where}: name one with --from` }
      }
      if (dryRun) return { ...told, outcome: 'planned', reason: null }
      try {
        await (from.manifest ? putManifest(digest, from.manifest, from.side) : sendBlob(damage, from.side))
        return { ...told, outcome: 'repaired', reason: null }
      } catch (error) {
        if (
          !(error instanceof RegistryError || error instanceof CopyError || error instanceof InvalidManifest)
        )
          throw error
        return { ...told, outcome: 'failed', reason: `${error.message}${adviceFor(error, fault)}` }
      }
    }

    /** The first place that has it. */
    async function sourceOf(damage: Damage) {
      const isManifest = damage.part === 'manifest' || damage.part === 'child'
      if (isManifest && job.from === undefined) {
        const manifest = await deps.trashed({ registry, repository, digest: damage.digest })
        if (manifest !== undefined) return { name: 'trash', manifest, side: undefined }
      }
      for (const place of await placesOf(damage)) {
        const side = { client: deps.clientOf(place.registry), repository: place.repository }
        const name = `${place.registry}/${place.repository}`
        if (!isManifest) {
          if (await side.client.readsBlob(side.repository, damage.digest))
            return { name, side, manifest: undefined }
          continue
        }
        const manifest = await side.client.getManifest(side.repository, damage.digest)
        if (manifest !== undefined) return { name, manifest, side }
      }
      return undefined
    }

    async function placesOf(damage: Damage): Promise<Place[]> {
      if (job.from !== undefined) return [job.from]
      const image: BrokenRecord = record ?? {
        ...{ repository, digest, tags: job.tag === undefined ? [] : [job.tag], tagCount: 0 },
        ...{ damages: [damage], damageCount: 1, project: '', since: '', seenAt: '' },
      }
      const copies = await deps.findCopies(registry, { damage, images: [image] })
      return copies
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
        const damage: Damage = { digest, part: 'layer', fault: 'missing', size }
        const from = side ?? (await sourceOf(damage))?.side
        if (from !== undefined) await sendBlob(damage, from)
      }
      for (const child of children) {
        if ((await target.client.getManifest(repository, child.digest)) !== undefined) continue
        const from = await sourceOf({
          digest: child.digest,
          part: 'child',
          fault: 'missing',
          size: child.size,
        })
        if (from?.manifest !== undefined) await putManifest(child.digest, from.manifest, from.side)
      }
      await writeTag(target, wanted, { digest: wanted, mediaType: type, bytes })
    }

    async function sendBlob(
      { digest, size }: Damage,
      source: { client: CopyClient; repository: string } | undefined,
    ): Promise<void> {
      if (source === undefined) throw new CopyError('absent', 'a manifest is no blob')
      const { signal } = new AbortController()
      await copyBlob(
        {
          ...{ source, target, sameRegistry: source.client === target.client, verify: 'full' },
          ...{ mountFrom: deps.mountFrom(registry), state: stateOf(target.client), signal, stopped: signal },
          progress: trackProgress(),
        },
        { digest, size, mediaType: '' },
      )
    }
  }
}
export type Repair = ReturnType<typeof makeRepair>

/** What to do where a registry takes content and does not keep it. */
function adviceFor(error: unknown, fault: Damage['fault']): string {
  if (!(error instanceof CopyError) || error.code !== 'not kept') return ''
  return fault === 'missing'
    ? '. Its cache may say that it has what it has lost (storage.cache.blobdescriptor): restart the registry, then repair again'
    : '. It keeps the content that it has under this digest, which is wrong: delete that from its storage, restart the registry if it has a blob-descriptor cache, then repair again'
}
