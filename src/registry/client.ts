import type { Readable } from 'node:stream'
import { type Mount, makeBlobApi, type Upload } from './blob-api.ts'
import type { Descriptor } from './descriptor.ts'
import { makeListingApi } from './listing-api.ts'
import { type FetchedManifest, makeManifestApi } from './manifest-api.ts'
import { makeTransport, type TransportOptions } from './transport.ts'

export type { Mount, Upload } from './blob-api.ts'
export type { Descriptor } from './descriptor.ts'
export type { FetchedManifest } from './manifest-api.ts'

export interface RegistryClientOptions extends TransportOptions {
  /** Names asked for at once, 1000 unless told; distribution 3 refuses more than its `catalog.maxentries` (1000). */
  pageSize?: number
}

/**
 * One registry, as the OCI distribution spec 1.1 has it, with what docker registry 2.8 lacks made up for.
 * Every method throws RegistryError. Repositories, tags and digests are checked before anything is sent.
 */
export interface RegistryClient {
  /** Resolves if this is a registry that lets us in, to what its clock says (to the second), if it tells. */
  ping(): Promise<Date | undefined>

  /** Every repository. Slow on object storage, and up to 3.1.1 not always complete (docs/registries.md, Registry API). */
  catalog(): AsyncIterable<string>
  /** Every tag; nothing for an emptied or unknown repository. */
  tags(repository: string): AsyncIterable<string>
  /** What names `digest` as its subject: from the referrers API, or from the fallback tag where there is none (2.8). */
  referrers(repository: string, digest: string): Promise<Descriptor[]>

  /** `undefined` if there is none. */
  headManifest(repository: string, reference: string): Promise<Descriptor | undefined>
  /** The bytes as stored, at most 4 MiB, which hash to the digest asked for or announced; `undefined` if there is none. */
  getManifest(repository: string, reference: string): Promise<FetchedManifest | undefined>
  /** Resolves to the digest of `bytes`, which the registry confirmed. */
  putManifest(repository: string, reference: string, bytes: Buffer, mediaType: string): Promise<string>
  /** Deletes the manifest and every tag on it. Takes no tag (docs/architecture.md, The rules). */
  deleteManifest(repository: string, digest: string): Promise<'deleted' | 'absent'>

  /** Size in bytes, `undefined` if there is none. */
  headBlob(repository: string, digest: string): Promise<number | undefined>
  /** The content; the stream fails at its end if that does not hash to `digest`. Read it or destroy it. */
  getBlob(repository: string, digest: string): Promise<Readable>
  /** Takes a blob over from the repository `from`; if the registry will not, hands out the upload it opened instead. */
  mountBlob(repository: string, digest: string, from: string): Promise<Mount>
  /** Sends `body` in one streamed request; it is consumed or destroyed in any case. Never retried here. */
  uploadBlob(
    repository: string,
    blob: { digest: string; size: number },
    body: Readable,
    upload?: Upload,
  ): Promise<void>

  /** Drops every connection; requests in flight fail. */
  close(): Promise<void>
}

export function makeRegistryClient(options: RegistryClientOptions): RegistryClient {
  const transport = makeTransport(options)
  const manifests = makeManifestApi(transport)
  return {
    ...manifests,
    ...makeBlobApi(transport),
    ...makeListingApi(transport, manifests.getManifest, options.pageSize ?? 1000),
    async ping() {
      const answer = await transport.send({
        method: 'GET',
        what: 'ping',
        url: '/v2/',
        scopes: [],
        accept: [200],
      })
      await answer.discard()
      const date = new Date(answer.header('date') ?? '')
      return Number.isNaN(date.getTime()) ? undefined : date
    },
    close: transport.close,
  }
}
