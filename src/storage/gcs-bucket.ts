import { type Bucket, IdempotencyStrategy, Storage } from '@google-cloud/storage'

export interface GcsStorageOptions {
  bucket: string
  /** The driver's `rootdirectory`; '' for none. */
  rootDirectory: string
  /**
   * The key of a service account, or another configuration of credentials that Google's libraries read, in JSON. Default: the
   * SDK looks in its usual places.
   */
  credentials?: string
  /** The URL of another server. It gets credentials only if `credentials` are given. Default: Google's. */
  endpoint?: string
}

/** The bucket, and what stands before each key in it: '' or ending in '/'. */
export function makeGcsBucket(options: GcsStorageOptions): { bucket: Bucket; folder: string } {
  const { rootDirectory, credentials, endpoint } = options
  const client = new Storage({
    ...(credentials !== undefined && { credentials: JSON.parse(credentials) }),
    ...(endpoint !== undefined && {
      apiEndpoint: endpoint,
      useAuthWithCustomEndpoint: credentials !== undefined,
    }),
    // Each call here may be made again: it reads, or it has the same outcome.
    retryOptions: { maxRetries: 2, idempotencyStrategy: IdempotencyStrategy.RetryAlways },
    timeout: 60_000,
  })
  const root = rootDirectory.replace(/^\/+|\/+$/g, '')
  return { bucket: client.bucket(options.bucket), folder: root === '' ? '' : `${root}/` }
}
