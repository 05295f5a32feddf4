import type { Readable } from 'node:stream'
import { makeBlobApi, type StoredBlob } from './blob-api.ts'
import type { Descriptor } from './descriptor.ts'
import { makeGitLabApi, type NamespaceSize, type PublishedTag } from './gitlab-api.ts'
import { makeListingApi } from './listing-api.ts'
import { type FetchedManifest, makeManifestApi } from './manifest-api.ts'
import { makeReferrersApi, type Referrer } from './referrers-api.ts'
import { TRUE_NOW } from './target.ts'
import { makeTransport, type TransportOptions } from './transport.ts'
import { type Mount, makeUploadApi, type Upload } from './upload-api.ts'
import { makeUploadBlob, type UploadedBlob } from './upload-blob.ts'
import type { OpenContent } from './upload-source.ts'

export type { StoredBlob } from './blob-api.ts'
export type { Descriptor } from './descriptor.ts'
export type { NamespaceSize, PublishedTag } from './gitlab-api.ts'
export type { FetchedManifest } from './manifest-api.ts'
export type { Referrer } from './referrers-api.ts'
export type { Mount, Upload } from './upload-api.ts'
export type { UploadedBlob } from './upload-blob.ts'
export type { OpenContent } from './upload-source.ts'

export interface RegistryClientOptions extends TransportOptions {
  /** Names on a page, by default 1000. Distribution 3 refuses more than its `catalog.maxentries` (1000). */
  pageSize?: number
}

/**
 * A client of one registry (OCI distribution spec 1.1). It makes up for what docker registry 2.8 lacks. Every method
 * throws RegistryError. Names of repositories, tags and digests are checked before a request is sent. What a registry may
 * answer is limited (limits.ts).
 */
export interface RegistryClient {
  /** Checks that this is a registry and accepts our credential. Returns its time, to the second, if it tells. */
  ping(): Promise<Date | undefined>

  /**
   * All repositories. Slow on object storage; up to 3.1.1 it may lack some (docs/registries.md, Registry API). A list that
   * is too long ends with an error that says where it was cut. So do `tags` and `referrers`.
   */
  catalog(): AsyncIterable<string>
  /** All tags. None for an emptied or unknown repository. */
  tags(repository: string): AsyncIterable<string>
  /** The manifests with the subject `digest`: from the referrers API, or from the fallback tag where there is none (2.8). */
  referrers(repository: string, digest: string): Promise<Descriptor[]>
  /**
   * Adds manifests to the list of `subject` under the fallback tag, and keeps what is listed there. Does nothing where the
   * registry has the referrers API: there it lists by itself what is pushed with a `subject`. Calls of this client for the
   * same list wait for each other. If another process replaces the list at the same time, it is written again. If that
   * happens after it was read back, what this call added is lost: a later call mends it.
   */
  addReferrers(repository: string, subject: string, referrers: readonly Referrer[]): Promise<void>

  /** `undefined` if the manifest does not exist. */
  headManifest(repository: string, reference: string): Promise<Descriptor | undefined>
  /** At most 4 MiB, checked against the digest requested or announced. `undefined` if the manifest does not exist. */
  getManifest(repository: string, reference: string): Promise<FetchedManifest | undefined>
  /** Returns the digest of `bytes`, as the registry confirmed it. */
  putManifest(repository: string, reference: string, bytes: Buffer, mediaType: string): Promise<string>
  /**
   * Whether the registry refuses pushes as unsupported, as a pull-through cache does. Puts a manifest that it cannot store,
   * since its config is not there. (To begin an upload and cancel it leaves a file in the storage of 2.8.)
   * @throws RegistryError also if the credential may not push
   */
  refusesPushes(repository: string): Promise<boolean>
  /**
   * Whether the registry takes writes: false if it answers them with 405, as one that is read-only does (`maintenance.readonly`),
   * whatever it says. Asks as `refusesPushes` does. @throws RegistryError also if the credential may not push
   */
  takesWrites(repository: string): Promise<boolean>
  /** Deletes the manifest and every tag on it. Takes no tag (docs/architecture.md, The rules). */
  deleteManifest(repository: string, digest: string): Promise<'deleted' | 'absent'>
  /**
   * Deletes a tag and leaves its manifest (distribution spec 1.1, "Deleting tags"). `unsupported`: the registry deletes
   * digests only, as 2.8 does, or nothing at all.
   */
  deleteTag(repository: string, tag: string): Promise<'deleted' | 'absent' | 'unsupported'>
  /** Whether the registry answers a DELETE with 405. Asks it to delete a random digest, which it does not have. */
  refusesDeletes(repository: string): Promise<boolean>

  /** `undefined` if the blob does not exist. */
  headBlob(repository: string, digest: string): Promise<StoredBlob | undefined>
  /** The size of a blob in bytes as a GET of its first byte tells it; `undefined` if it tells none. */
  blobSize(repository: string, digest: string): Promise<number | undefined>
  /**
   * Whether the registry sends the content: reads one byte of it. A registry with a cache may answer a HEAD with 200 although
   * it has lost the content (docs/registries.md, Registry API). False as well if the connection breaks before that byte.
   */
  readsBlob(repository: string, digest: string): Promise<boolean>
  /**
   * The content, from the offset `from` in bytes. The stream goes on by itself after a broken connection. From offset 0 it
   * fails at its end if it does not hash to `digest`; from another offset nothing is checked. Read it or destroy it.
   */
  getBlob(repository: string, digest: string, options?: { from?: number }): Promise<Readable>
  /** The content of a config: at most 1 MiB, checked. @throws RegistryError also if it does not exist */
  getConfig(repository: string, digest: string): Promise<Buffer>
  /** Mounts a blob from the repository `from`. If the registry opens an upload instead, returns that: use or cancel it. */
  mountBlob(repository: string, digest: string, from: string): Promise<Mount>
  /**
   * Sends content that `open` gives from an offset in bytes. After a broken request it asks the registry how much arrived and
   * goes on from there, or begins anew where the registry cannot. If it fails, it cancels the upload. What `open` gave is
   * always read to its end or destroyed. `upload` is one that `mountBlob` returned.
   * @throws RegistryError of the registry, or the error of `open` and its stream as it is
   */
  uploadBlob(repository: string, blob: UploadedBlob, open: OpenContent, upload?: Upload): Promise<void>
  /** Gives up an upload. False if the registry does not confirm it: then it keeps what was sent until it cleans up by itself. */
  cancelUpload(upload: Upload): Promise<boolean>

  /** Whether the registry is GitLab's and has a metadata database. False as well if it does not tell. */
  hasGitLabApi(): Promise<boolean>
  /** All tags, and since when they name what they name. Only where `hasGitLabApi`. Such a list is cut as others are. */
  publishedTags(repository: string): AsyncIterable<PublishedTag>
  /** GitLab's own size of a namespace with all repositories below it. Only where `hasGitLabApi`. */
  namespaceSize(namespace: string): Promise<NamespaceSize>

  /** Closes all connections. Requests in flight fail. */
  close(): Promise<void>
}

export function makeRegistryClient(options: RegistryClientOptions): RegistryClient {
  const transport = makeTransport(options)
  const manifests = makeManifestApi(transport)
  const blobs = makeBlobApi(transport)
  const { mountBlob, cancelUpload, ...uploads } = makeUploadApi(transport)
  return {
    ...manifests,
    ...makeReferrersApi(transport, manifests),
    ...blobs,
    ...{ mountBlob, cancelUpload },
    uploadBlob: makeUploadBlob(transport, { cancelUpload, ...uploads }, blobs.readsBlob),
    ...makeGitLabApi(transport),
    ...makeListingApi(transport, options.pageSize ?? 1000),
    async ping() {
      const answer = await transport.send({
        method: 'GET',
        resource: 'ping',
        url: '/v2/',
        scopes: [],
        statuses: [200],
        headers: TRUE_NOW,
      })
      await answer.discard()
      const date = new Date(answer.header('date') ?? '')
      return Number.isNaN(date.getTime()) ? undefined : date
    },
    close: transport.close,
  }
}
