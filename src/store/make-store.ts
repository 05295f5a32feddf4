import { makeFolderStore } from './folder-store.ts'
import type { ObjectStore } from './object-store.ts'
import type { S3StoreOptions } from './s3-client.ts'
import { makeS3Store } from './s3-store.ts'

export type StoreOptions =
  | { type: 'folder'; path: string }
  | ({ type: 's3'; accessKeyId?: string; secretAccessKey?: string } & Omit<S3StoreOptions, 'credentials'>)

/** The object store that a configuration asks for. */
export function makeStore(options: StoreOptions): ObjectStore {
  return options.type === 'folder' ? makeFolderStore(options) : makeS3Store(s3OptionsOf(options))
}

/** What the configuration of a bucket says to the SDK. */
export function s3OptionsOf(options: Extract<StoreOptions, { type: 's3' }>): S3StoreOptions {
  const { type: _, accessKeyId, secretAccessKey, ...s3 } = options
  const given = accessKeyId !== undefined && secretAccessKey !== undefined
  return { ...s3, ...(given && { credentials: { accessKeyId, secretAccessKey } }) }
}
