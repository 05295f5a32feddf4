import type { RegistryClient } from '../../registry/client.ts'

/** What a copy needs of a registry. */
export type CopyClient = Pick<
  RegistryClient,
  | 'getManifest'
  | 'putManifest'
  | 'referrers'
  | 'addReferrers'
  | 'headBlob'
  | 'readsBlob'
  | 'getBlob'
  | 'mountBlob'
  | 'uploadBlob'
  | 'cancelUpload'
>

/** One end of a copy. */
export interface Side {
  client: CopyClient
  repository: string
}
