import type { S3StoreOptions } from '../store/s3-client.ts'
import { makeS3Storage } from './s3-storage.ts'
import type { RegistryStorage } from './storage.ts'

/** The keys of distribution's `oss` driver. */
export interface OssStorageOptions {
  bucket: string
  /** Such as oss-cn-hangzhou, or cn-hangzhou. */
  region: string
  accessKeyId: string
  accessKeySecret: string
  /** The driver's `rootdirectory`; '' for none. */
  rootDirectory: string
  /** Whether to use the network of Alibaba Cloud. */
  internal: boolean
  /** Whether to use https. */
  secure: boolean
  /** The URL of another server of the S3 protocol, without the bucket. Default: that of the region. */
  endpoint?: string
}

/** Bytes of an object that a single call copies (OSS, CopyObject: larger ones with UploadPartCopy). */
const MOST_COPIED = 1024 ** 3

/** A registry's `oss` driver, read over the protocol of S3 that OSS has. */
export const makeOssStorage = (options: OssStorageOptions): RegistryStorage =>
  makeS3Storage({ ...ossConnection(options), mostCopied: MOST_COPIED })

/** How a client of S3 reaches OSS: a host for each bucket, since OSS refuses the bucket in the path (SecondLevelDomainForbidden). */
export function ossConnection(options: OssStorageOptions): S3StoreOptions {
  const { bucket, accessKeyId, accessKeySecret: secretAccessKey, rootDirectory: prefix } = options
  const region = options.region.replace(/^oss-/, '')
  const host = `s3.oss-${region}${options.internal ? '-internal' : ''}.aliyuncs.com`
  return {
    ...{ bucket, prefix, region, forcePathStyle: false },
    endpoint: options.endpoint ?? `${options.secure ? 'https' : 'http'}://${host}`,
    credentials: { accessKeyId, secretAccessKey },
  }
}
