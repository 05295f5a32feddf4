import type { Readable } from 'node:stream'
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'

/** Bytes in a part. S3 takes 10,000 parts, so objects up to 78 GiB; one part is in memory at a time. */
const PART_SIZE = 8 * 1024 * 1024

/**
 * Puts a stream of unknown length: in one request if it fits a part, else as a multipart upload, which shows nothing
 * until it is complete and is aborted when anything fails. A crash leaves parts behind for the bucket's lifecycle rule.
 */
export async function putStream(client: S3Client, at: Place, body: Readable): Promise<void> {
  const parts = inParts(body)
  try {
    const { value: first = Buffer.alloc(0) } = await parts.next()
    if (first.length < PART_SIZE) await client.send(new PutObjectCommand({ ...at, Body: first }))
    else await putParts(client, at, first, parts)
  } catch (error) {
    body.destroy()
    throw error
  }
}

interface Place {
  Bucket: string
  Key: string
}

async function putParts(
  client: S3Client,
  at: Place,
  first: Buffer,
  rest: AsyncIterable<Buffer>,
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(at))
  const upload = { ...at, UploadId }
  const Parts: CompletedPart[] = []
  const send = async (Body: Buffer) => {
    const PartNumber = Parts.length + 1
    const { ETag } = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }))
    Parts.push({ ETag, PartNumber })
  }
  try {
    await send(first)
    for await (const part of rest) await send(part)
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }))
  } catch (error) {
    // What went wrong first is the news, whether or not the abort gets through.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined)
    throw error
  }
}

/** Cuts a stream into parts of exactly PART_SIZE bytes and a last one of what remains, if anything does. */
async function* inParts(body: Readable): AsyncGenerator<Buffer, undefined> {
  let pending: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    const bytes = Buffer.from(chunk)
    pending.push(bytes)
    size += bytes.length
    while (size >= PART_SIZE) {
      const joined = Buffer.concat(pending)
      yield joined.subarray(0, PART_SIZE)
      pending = [joined.subarray(PART_SIZE)]
      size -= PART_SIZE
    }
  }
  if (size > 0) yield Buffer.concat(pending)
}
