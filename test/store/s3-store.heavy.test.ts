import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { sampleReceipt } from '../../lab/receipt.ts'
import { ExpiryRun } from '../../src/expiry/decision.ts'
import { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { makeJournal } from '../../src/store/journal.ts'
import { sampleRun } from '../expiry/sample-run.ts'
import { objectStoreContract } from './contract.ts'
import { BUCKET, hasS3, type S3Bed, startS3 } from './s3-bed.ts'

const MiB = 1024 * 1024

describe.runIf(hasS3)('an S3 store on Ceph', () => {
  let s3: S3Bed
  beforeAll(async () => {
    s3 = await startS3()
  })
  afterAll(() => s3?.close())

  objectStoreContract(async () => s3.makeStore({ prefix: `${randomUUID()}/` }))

  it('keeps the receipts of promotions and the records of expiry runs, newest first', async () => {
    const store = s3.makeStore({ prefix: `${randomUUID()}/` })
    const onUnreadable = (key: string, error: Error) => expect.unreachable(`${key}: ${error.message}`)
    const promotions = makeJournal({ store, kind: 'promotions', schema: PromotionReceipt, onUnreadable })
    const runs = makeJournal({ store, kind: 'expiry-runs', schema: ExpiryRun, onUnreadable })
    const run = sampleRun({ id: 'run', kept: 3 })
    const [first, second] = [
      sampleReceipt({ id: 'first', at: '2026-11-23T10:00:00Z' }),
      sampleReceipt({ id: 'second', at: '2026-11-23T11:00:00Z' }),
    ]
    for (const record of [first, second]) await promotions.append(record)
    await runs.append(run)
    expect(await promotions.recent(10)).toEqual([second, first])
    expect(await runs.recent(10)).toEqual([run])
  })

  const uploads = async () =>
    (await s3.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? []

  it('aborts the multipart upload of a body that fails', async () => {
    const broken = async function* () {
      yield Buffer.alloc(9 * MiB)
      await expect.poll(uploads, { timeout: 20_000 }).toHaveLength(1)
      throw new Error('the source broke')
    }
    await expect(s3.makeStore().put('x', Readable.from(broken()))).rejects.toThrow('the source broke')
    expect(await uploads()).toEqual([])
  })

  it('reads no more of a stream than two parts ahead of what S3 has', async () => {
    const sent = async () => {
      const [upload] = await uploads()
      if (upload === undefined) return 0
      const { Parts = [] } = await s3.client.send(
        new ListPartsCommand({ Bucket: BUCKET, Key: 'x', UploadId: upload.UploadId }),
      )
      return Parts.reduce((sum, part) => sum + (part.Size ?? 0), 0)
    }
    const ahead: number[] = []
    const source = async function* () {
      for (let read = 0; read < 40 * MiB; read += MiB) {
        ahead.push(read - (await sent()))
        yield Buffer.alloc(MiB)
      }
    }
    await s3.makeStore().put('x', Readable.from(source(), { highWaterMark: 1 }))
    expect(Math.max(...ahead)).toBeLessThanOrEqual(16 * MiB)
  })

  it.each([
    ['a part', 1],
    ['many parts', 9 * MiB],
  ])('destroys a body of %s that it cannot store', async (_, size) => {
    const body = Readable.from([Buffer.alloc(size), Buffer.alloc(1)])
    await expect(s3.makeStore({ bucket: 'no-such-bucket' }).put('x', body)).rejects.toMatchObject({
      name: 'NoSuchBucket',
    })
    expect(body.destroyed).toBe(true)
  })

  it('keeps to its prefix, with or without a slash at its end', async () => {
    const prefix = randomUUID()
    const store = s3.makeStore({ prefix })
    await store.put('a', 'x')
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${prefix}/folder/`, Body: 'x' }))
    await s3.client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${prefix}-other/b`, Body: 'x' }))
    for (const same of [store, s3.makeStore({ prefix: `${prefix}/` })])
      expect((await Array.fromAsync(same.list(''))).map(({ key }) => key)).toEqual(['a'])
    const { Contents = [] } = await s3.client.send(
      new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }),
    )
    expect(Contents.map(({ Key }) => Key)).toContain(`${prefix}/a`)
  })

  it('distinguishes a missing bucket from a missing object, and names it', async () => {
    const store = s3.makeStore({ bucket: 'no-such-bucket' })
    await expect(store.get('a')).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await expect(store.check()).rejects.toThrow('cannot use the bucket no-such-bucket: NoSuchBucket')
  })

  it('reports that nobody listens', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const store = s3.makeStore({ endpoint })
    await expect(store.check()).rejects.toThrow(/cannot use the bucket tallyman: .*ECONNREFUSED/)
  })
})
