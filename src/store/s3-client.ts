import { createHash } from 'node:crypto'
import { S3Client, S3ServiceException } from '@aws-sdk/client-s3'

export interface S3StoreOptions {
  /** Default: Amazon's endpoint of `region`. */
  endpoint?: string
  region: string
  /** The bucket must exist. */
  bucket: string
  /** A folder that holds every key; '' for none. Its bytes count towards the 1024 bytes of a key in S3. */
  prefix: string
  /** Default: the SDK finds them (environment, profile, instance role). */
  credentials?: { accessKeyId: string; secretAccessKey: string }
  /** `endpoint/bucket/key` instead of `bucket.endpoint/key`. Most servers other than Amazon's need this. */
  forcePathStyle: boolean
}

/** A client of the SDK that makes three attempts, and waits for no answer for ever. */
export const makeS3Client = (
  connection: Pick<S3StoreOptions, 'endpoint' | 'region' | 'credentials' | 'forcePathStyle'>,
): S3Client => {
  const client = new S3Client({
    ...connection,
    // The signature covers the SHA-256 of each body, since bodies are buffers. Older servers refuse further checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // By default the SDK waits for ever.
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
  })
  // Of DeleteObjects, S3 wants a checksum of the body, of any kind. The SDK sends a CRC-32, and many servers of its protocol
  // know only this one: Aliyun's OSS, Google, ECS, older MinIO (MD5_FALLBACK.md of aws-sdk-js-v3).
  client.middlewareStack.add(
    (next, { commandName }) =>
      (args) => {
        const { body, headers } = args.request as { body?: unknown; headers: Record<string, string> }
        if (commandName === 'DeleteObjectsCommand' && typeof body === 'string')
          headers['content-md5'] = createHash('md5').update(body).digest('base64')
        return next(args)
      },
    { step: 'build', name: 'contentMd5OfDeletes' },
  )
  return client
}

/** A prefix as it begins each key: '' or ending in one slash. */
export const folderOf = (prefix: string): string => prefix.replace(/\/*$/, prefix === '' ? '' : '/')

/** A missing object is `NoSuchKey`, or `NotFound` in answer to a HEAD. A missing bucket (`NoSuchBucket`) is thrown. */
export function undefinedIfAbsent(error: unknown): undefined {
  if (error instanceof S3ServiceException && (error.name === 'NoSuchKey' || error.name === 'NotFound')) return
  throw error
}
