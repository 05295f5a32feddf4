import { randomBytes, randomUUID } from 'node:crypto'
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeLargeCopy } from '../../src/storage/s3-large-copy.ts'
import { makeS3Storage } from '../../src/storage/s3-storage.ts'
import { BUCKET, hasS3, type S3Bed, startS3 } from '../store/s3-bed.ts'
import { registryStorageContract } from './contract.ts'

const MiB = 1024 * 1024

describe.runIf(hasS3)('a registry in a bucket of Ceph', () => {
  let s3: S3Bed
  beforeAll(async () => {
    s3 = await startS3()
  })
  afterAll(() => s3?.close())

  async function open() {
    const prefix = randomUUID()
    return {
      prefix,
      storage: makeS3Storage({ ...s3.options, prefix }),
      async put(key: string, Body: Buffer) {
        await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${prefix}/${key}`, Body }))
      },
    }
  }

  registryStorageContract(open)

  it('a bucket that is missing is no empty one', async () => {
    const storage = makeS3Storage({ ...s3.options, bucket: 'missing' })
    await expect(Array.fromAsync(storage.list(''))).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await expect(storage.head('a')).rejects.toThrow('there is no bucket missing')
    await expect(storage.copy('a', 'b')).rejects.toThrow('there is no bucket missing')
  })

  it('a copy part by part is the same', async () => {
    const { storage, put, prefix } = await open()
    const bytes = randomBytes(12 * MiB + 7)
    await put('a b', bytes)
    const copy = makeLargeCopy(s3.client, BUCKET, 5 * MiB)
    await copy({ Key: `${prefix}/copy`, CopySource: `${BUCKET}/${prefix}/a%20b` }, bytes.length)
    expect((await storage.get('copy'))?.equals(bytes)).toBe(true)
    await expect(copy({ Key: `${prefix}/none`, CopySource: `${BUCKET}/${prefix}/gone` }, 7)).rejects.toThrow()
    expect(await Array.fromAsync(storage.hidden())).toEqual([])
  })

  it('an upload that ends while they are listed is none, and no error', async () => {
    const { storage, prefix } = await open()
    const uploads = ['a', 'b'].map((key) => ({ Bucket: BUCKET, Key: `${prefix}/${key}` }))
    const begun = await Promise.all(
      uploads.map((upload) => s3.client.send(new CreateMultipartUploadCommand(upload))),
    )
    const seen: string[] = []
    for await (const { key } of storage.hidden()) {
      seen.push(key)
      const [, other] = uploads
      if (other && seen.length === 1)
        await s3.client.send(new AbortMultipartUploadCommand({ ...other, UploadId: begun[1]?.UploadId }))
    }
    expect(seen).toEqual(['a'])
  })

  it('shows uploads that nobody completed, old versions, and marks of deletes', async () => {
    const { storage, put, prefix } = await open()
    const upload = { Bucket: BUCKET, Key: `${prefix}/never` }
    const { UploadId } = await s3.client.send(new CreateMultipartUploadCommand(upload))
    const Body = randomBytes(5 * MiB)
    await s3.client.send(new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body }))
    expect(await Array.fromAsync(storage.hidden())).toMatchObject([
      { kind: 'upload', key: 'never', size: 5 * MiB },
    ])

    const versioning = (Status: 'Enabled' | 'Suspended') =>
      s3.client.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status } }))
    await versioning('Enabled')
    try {
      await put('twice', Buffer.from('old one'))
      await put('twice', Buffer.from('new'))
      await put('gone', Buffer.from('deleted'))
      await storage.delete(['gone'])
      const hidden = (await Array.fromAsync(storage.hidden())).filter(({ kind }) => kind !== 'upload')
      expect(
        hidden
          .map(({ kind, key, size }) => ({ kind, key, size }))
          .sort((a, b) => (a.kind + a.key < b.kind + b.key ? -1 : 1)),
      ).toEqual([
        { kind: 'marker', key: 'gone', size: 0 },
        { kind: 'version', key: 'gone', size: 7 },
        { kind: 'version', key: 'twice', size: 7 },
      ])
    } finally {
      await versioning('Suspended')
    }
  })
})
