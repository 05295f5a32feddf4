import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCopyCommand,
} from '@aws-sdk/client-s3'
import pMap from 'p-map'

/** S3 takes 10,000 parts of 5 MiB to 5 GiB. */
const PART_BYTES = 1024 ** 3
const PARTS_AT_ONCE = { concurrency: 4 }

/** Makes a copy within a bucket, of an object that CopyObject does not take: part by part. `size` in bytes. */
export const makeLargeCopy =
  (client: S3Client, bucket: string, partBytes = PART_BYTES) =>
  async (input: { Key: string; CopySource: string }, size: number): Promise<void> => {
    const to = { Bucket: bucket, Key: input.Key }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(to))
    try {
      const numbers = Array.from({ length: Math.ceil(size / partBytes) }, (_, n) => n + 1)
      const Parts = await pMap(
        numbers,
        async (PartNumber) => {
          const first = (PartNumber - 1) * partBytes
          const CopySourceRange = `bytes=${first}-${Math.min(first + partBytes, size) - 1}`
          const part = { ...to, CopySource: input.CopySource, CopySourceRange, PartNumber, UploadId }
          const { CopyPartResult } = await client.send(new UploadPartCopyCommand(part))
          return { PartNumber, ETag: CopyPartResult?.ETag }
        },
        PARTS_AT_ONCE,
      )
      const MultipartUpload = { Parts }
      await client.send(new CompleteMultipartUploadCommand({ ...to, UploadId, MultipartUpload }))
    } catch (error) {
      await client.send(new AbortMultipartUploadCommand({ ...to, UploadId })).catch(() => {})
      throw error
    }
  }
