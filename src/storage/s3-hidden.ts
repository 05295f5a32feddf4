import {
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { pagesUntilLast } from '../store/pages-until-last.ts'
import { orUnlisted, REFUSED } from './or-unlisted.ts'
import type { HiddenObject, RegistryStorage } from './storage.ts'

/** What a bucket holds below `folder` and shows in no listing of objects. */
export const makeS3Hidden = (client: S3Client, bucket: string, folder: string): RegistryStorage['hidden'] =>
  async function* (unlisted) {
    const versions = oldVersions(client, bucket, folder)
    yield* orUnlisted(versions, ['version', 'marker'], refusal, unlisted)
    yield* orUnlisted(openUploads(client, bucket, folder), ['upload'], refusal, unlisted)
  }

/** Not every server with the protocol of S3 has these listings, and few logins may list old versions. */
const refusal = (error: unknown) =>
  error instanceof S3ServiceException && REFUSED.includes(error.$metadata.httpStatusCode)
    ? `${error.name}: ${error.message}`
    : undefined

async function* oldVersions(client: S3Client, bucket: string, folder: string): AsyncGenerator<HiddenObject> {
  const pages = pagesUntilLast(
    (place?: { KeyMarker: string | undefined; VersionIdMarker: string | undefined }) =>
      client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: folder, ...place })),
    ({ IsTruncated, NextKeyMarker, NextVersionIdMarker }) =>
      IsTruncated ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker } : undefined,
  )
  const at = ({ Key = '', LastModified = new Date(0) }) => ({
    ...{ key: Key.slice(folder.length), modifiedAt: LastModified },
  })
  for await (const { Versions = [], DeleteMarkers = [] } of pages) {
    for (const version of Versions)
      if (!version.IsLatest) yield { kind: 'version', ...at(version), size: version.Size ?? 0 }
    for (const marker of DeleteMarkers) yield { kind: 'marker', ...at(marker), size: 0 }
  }
}

async function* openUploads(client: S3Client, bucket: string, folder: string): AsyncGenerator<HiddenObject> {
  const pages = pagesUntilLast(
    (place?: { KeyMarker: string | undefined; UploadIdMarker: string | undefined }) =>
      client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: folder, ...place })),
    ({ IsTruncated, NextKeyMarker, NextUploadIdMarker }) =>
      IsTruncated ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : undefined,
  )
  for await (const { Uploads = [] } of pages)
    for (const { Key = '', UploadId, Initiated = new Date(0) } of Uploads) {
      const size = await bytesOfParts(client, { Bucket: bucket, Key, UploadId })
      if (size !== undefined)
        yield { kind: 'upload', key: Key.slice(folder.length), size, modifiedAt: Initiated }
    }
}

/** What S3 answers of an upload that is not open any more, and what Ceph does (16.2, measured). */
const ENDED = ['NoSuchUpload', 'NoSuchKey']

/** undefined if it was completed or aborted meanwhile. */
async function bytesOfParts(
  client: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
): Promise<number | undefined> {
  const pages = pagesUntilLast(
    (place?: { PartNumberMarker: string | undefined }) =>
      client.send(new ListPartsCommand({ ...upload, ...place })),
    ({ IsTruncated, NextPartNumberMarker }) =>
      IsTruncated ? { PartNumberMarker: NextPartNumberMarker } : undefined,
  )
  let size = 0
  try {
    for await (const { Parts = [] } of pages) for (const part of Parts) size += part.Size ?? 0
  } catch (error) {
    if (error instanceof S3ServiceException && ENDED.includes(error.name)) return undefined
    throw error
  }
  return size
}
