import type { Readable } from 'node:stream'
import type { FetchedManifest, Mount, StoredBlob, Upload } from '../../registry/client.ts'
import type { Descriptor } from '../../registry/descriptor.ts'

/** A referrer as a list of referrers names it (OCI distribution spec 1.1, "Listing Referrers"). */
export interface Referrer extends Descriptor {
  annotations?: Record<string, string>
}

/** What a copy needs of a registry. All calls throw RegistryError. */
export interface CopyClient {
  getManifest(repository: string, reference: string): Promise<FetchedManifest | undefined>
  headManifest(repository: string, reference: string): Promise<Descriptor | undefined>
  putManifest(repository: string, reference: string, bytes: Buffer, mediaType: string): Promise<string>
  referrers(repository: string, digest: string): Promise<Descriptor[]>
  addReferrers(repository: string, subject: string, referrers: Referrer[]): Promise<void>
  headBlob(repository: string, digest: string): Promise<StoredBlob | undefined>
  readsBlob(repository: string, digest: string): Promise<boolean>
  getBlob(repository: string, digest: string, options?: { from?: number }): Promise<Readable>
  mountBlob(repository: string, digest: string, from: string): Promise<Mount>
  uploadBlob(
    repository: string,
    blob: { digest: string; size?: number | undefined },
    open: (from: number) => Promise<Readable>,
    upload?: Upload,
  ): Promise<void>
  cancelUpload(repository: string, upload: Upload): Promise<void>
}

/** One end of a copy. */
export interface Side {
  client: CopyClient
  repository: string
}
