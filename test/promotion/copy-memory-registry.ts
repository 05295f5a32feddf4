import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { digestOf, OCI_INDEX } from '../../lab/image.ts'
import type { CopyClient } from '../../src/promotion/copy/copy-client.ts'
import type { Descriptor } from '../../src/registry/descriptor.ts'
import { isIndexType, parseManifest } from '../../src/registry/manifest.ts'
import type { Referrer } from '../../src/registry/referrers-api.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

interface Repository {
  manifests: Map<string, { bytes: Buffer; mediaType: string }>
  tags: Map<string, string>
  blobs: Map<string, Buffer>
}

/** A registry in memory. It refuses a manifest whose content it lacks, as distribution does. */
export interface MemoryRegistry {
  client: CopyClient
  repository(name: string): Repository
  /** Every call, as `uploadBlob team/app sha256:…`. */
  calls: string[]
  /** Calls `decide` before each call: an error that it returns is thrown. */
  onCall(decide: (call: string) => Error | undefined): void
  /** Uploads that were opened and neither ended nor cancelled. */
  openUploads: Set<string>
}

/** An answer with a status that may be another one later. */
export const failure = (status: number): RegistryError =>
  new RegistryError({
    registry: 'memory',
    operation: 'a call',
    reason: 'as the test says',
    status,
    retry: true,
  })

export function makeMemoryRegistry({
  hasReferrersApi = false,
  allowsAbsentChildren = false,
} = {}): MemoryRegistry {
  const repositories = new Map<string, Repository>()
  const calls: string[] = []
  const openUploads = new Set<string>()
  let decide: (call: string) => Error | undefined = () => undefined
  let uploads = 0

  function repository(name: string): Repository {
    const found = repositories.get(name) ?? { manifests: new Map(), tags: new Map(), blobs: new Map() }
    repositories.set(name, found)
    return found
  }
  async function called(...words: string[]): Promise<void> {
    calls.push(words.join(' '))
    await nextTurn()
    const error = decide(words.join(' '))
    if (error !== undefined) throw error
  }
  const refuse = (status: number, code: string): never => {
    throw new RegistryError({ registry: 'memory', operation: 'a call', reason: '', status, codes: [code] })
  }
  const openUpload = (name: string) => {
    const url = `memory:${uploads++}`
    openUploads.add(url)
    return { repository: name, url }
  }
  const find = (name: string, reference: string) => {
    const { manifests, tags } = repository(name)
    const digest = tags.get(reference) ?? reference
    const manifest = manifests.get(digest)
    return manifest && { ...manifest, digest }
  }
  const listTag = (digest: string) => digest.replace(':', '-')

  function checkWhole(name: string, bytes: Buffer, mediaType: string): void {
    const { manifests, blobs } = repository(name)
    const { config, layers, children } = parseManifest(bytes, mediaType)
    const contents = [...(config === undefined ? [] : [config]), ...layers]
    const isWhole =
      contents.every(({ digest, foreign }) => foreign || blobs.has(digest)) &&
      (allowsAbsentChildren || children.every(({ digest }) => manifests.has(digest)))
    if (!isWhole) refuse(400, 'MANIFEST_BLOB_UNKNOWN')
  }

  function store(name: string, reference: string, bytes: Buffer, mediaType: string): string {
    const digest = digestOf(bytes)
    repository(name).manifests.set(digest, { bytes, mediaType })
    if (!reference.includes(':')) repository(name).tags.set(reference, digest)
    return digest
  }

  const client: CopyClient = {
    async getManifest(name, reference) {
      await called('getManifest', name, reference)
      const found = find(name, reference)
      if (found === undefined) return undefined
      const { bytes, mediaType, digest } = found
      return { bytes, descriptor: { mediaType, digest, size: bytes.length } }
    },
    async putManifest(name, reference, bytes, mediaType) {
      await called('putManifest', name, reference)
      checkWhole(name, bytes, mediaType)
      return store(name, reference, bytes, mediaType)
    },
    async referrers(name, digest) {
      await called('referrers', name, digest)
      if (!hasReferrersApi) {
        const list = find(name, listTag(digest))
        return list === undefined ? [] : parseManifest(list.bytes, list.mediaType).children
      }
      return [...repository(name).manifests].flatMap(([one, { bytes, mediaType }]): Descriptor[] => {
        const { subject } = parseManifest(bytes, mediaType)
        return subject?.digest === digest ? [{ mediaType, digest: one, size: bytes.length }] : []
      })
    },
    async addReferrers(name, subject, referrers) {
      await called('addReferrers', name, subject)
      if (hasReferrersApi) return
      const before = find(name, listTag(subject))
      const listed: Referrer[] = before === undefined ? [] : JSON.parse(before.bytes.toString()).manifests
      await nextTurn()
      const merged = new Map([...listed, ...referrers].map((one) => [one.digest, one]))
      const list = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [...merged.values()] }
      store(name, listTag(subject), Buffer.from(JSON.stringify(list)), OCI_INDEX)
    },
    async headBlob(name, digest) {
      await called('headBlob', name, digest)
      const blob = repository(name).blobs.get(digest)
      return blob && { digest, size: blob.length }
    },
    async readsBlob(name, digest) {
      await called('readsBlob', name, digest)
      return repository(name).blobs.has(digest)
    },
    async getBlob(name, digest, { from = 0 } = {}) {
      await called('getBlob', name, digest)
      const blob = repository(name).blobs.get(digest) ?? refuse(404, 'BLOB_UNKNOWN')
      if (from === 0 && digestOf(blob) !== digest)
        throw new RegistryError({ registry: 'memory', operation: 'a call', reason: 'wrong content' })
      return Readable.from([blob.subarray(from)])
    },
    async mountBlob(name, digest, from) {
      await called('mountBlob', name, digest, from)
      const blob = repository(from).blobs.get(digest)
      if (blob === undefined) return { mounted: false, upload: openUpload(name) }
      repository(name).blobs.set(digest, blob)
      return { mounted: true }
    },
    async uploadBlob(name, { digest, size }, open, upload = openUpload(name)) {
      try {
        const content = await buffer(await open(0))
        await called('uploadBlob', name, digest)
        if (digestOf(content) !== digest || (size && content.length !== size)) refuse(400, 'DIGEST_INVALID')
        repository(name).blobs.set(digest, content)
      } finally {
        openUploads.delete(upload.url)
      }
    },
    async cancelUpload({ repository: name, url }) {
      await called('cancelUpload', name)
      return openUploads.delete(url)
    },
  }
  return {
    ...{ client, repository, calls, openUploads },
    onCall(next) {
      decide = next
    },
  }
}

/** Pushes what a registry holds of one repository into another one's: a copy by another way. */
export function holdAll(from: MemoryRegistry, name: string, to: MemoryRegistry, as: string): void {
  const [source, target] = [from.repository(name), to.repository(as)]
  for (const [digest, blob] of source.blobs) target.blobs.set(digest, blob)
  for (const [digest, manifest] of source.manifests) target.manifests.set(digest, manifest)
}

export const isIndex = ({ mediaType }: { mediaType: string }): boolean => isIndexType(mediaType)
