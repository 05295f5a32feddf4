import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { type LabRgw, startRgw } from '../../lab/rgw.ts'
import { ExpiryRun } from '../../src/expiry/decision.ts'
import { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { makeJournal } from '../../src/store/journal.ts'
import { makeS3Store } from '../../src/store/s3-store.ts'
import { collect } from './collect.ts'
import { objectStoreContract } from './contract.ts'

const installed = spawnSync('radosgw', ['--version']).status === 0
const wanted = installed || process.env.LAB_S3 === '1'
if (!wanted)
  process.stderr.write(
    'S3 store: skipped, since radosgw is not installed. As root on Debian, LAB_S3=1 installs it (710 MB).\n',
  )

describe.runIf(wanted)('an S3 store on Ceph', () => {
  const bucket = 'tallyman'
  let rgw: LabRgw
  let client: S3Client
  const storeIn = (options: { bucket?: string; prefix?: string }) => {
    const { endpoint, region, credentials } = rgw
    return makeS3Store({
      endpoint,
      region,
      credentials,
      bucket,
      prefix: '',
      forcePathStyle: true,
      ...options,
    })
  }

  beforeAll(async () => {
    rgw = await startRgw()
    const { endpoint, region, credentials } = rgw
    client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
  }, 300_000)
  afterAll(() => rgw?.close())

  objectStoreContract(async () => storeIn({ prefix: `${randomUUID()}/` }))

  it('keeps the receipts of promotions and the records of expiry runs, newest first', async () => {
    const store = storeIn({ prefix: `${randomUUID()}/` })
    const onUnreadable = (key: string, error: Error) => expect.unreachable(`${key}: ${error.message}`)
    const promotions = makeJournal({ store, kind: 'promotions', schema: PromotionReceipt, onUnreadable })
    const runs = makeJournal({ store, kind: 'expiry-runs', schema: ExpiryRun, onUnreadable })
    const place = { registry: 'ci', repository: 'team/app', tag: 'v1' }
    const receipt = (id: string, at: string) => ({
      ...{ id, at, rule: 'releases', from: place, to: { ...place, registry: 'production' } },
      ...{ digest: `sha256:${'a'.repeat(64)}`, manifests: [], bytes: 7 },
      blobs: { sent: 1, mounted: 0, present: 2 },
    })
    const run = {
      ...{ id: 'run', at: '2026-11-23T10:00:00Z', policy: 'old', registry: 'ci' },
      ...{ dryRun: true, kept: 3, deletes: [] },
    }
    const [first, second] = [
      receipt('first', '2026-11-23T10:00:00Z'),
      receipt('second', '2026-11-23T11:00:00Z'),
    ]
    for (const record of [first, second]) await promotions.append(record)
    await runs.append(run)
    expect(await promotions.recent(10)).toEqual([second, first])
    expect(await runs.recent(10)).toEqual([run])
  })

  it('aborts the multipart upload of a body that fails', async () => {
    const uploads = async () =>
      (await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []
    const broken = async function* () {
      yield Buffer.alloc(9 * 1024 * 1024)
      await expect.poll(uploads).toHaveLength(1)
      throw new Error('the source broke')
    }
    await expect(storeIn({}).put('x', Readable.from(broken()))).rejects.toThrow('the source broke')
    expect(await uploads()).toEqual([])
  })

  it('keeps to its prefix, with or without a slash at its end', async () => {
    const prefix = randomUUID()
    const store = storeIn({ prefix })
    await store.put('a', 'x')
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/folder/`, Body: 'x' }))
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}-other/b`, Body: 'x' }))
    for (const same of [store, storeIn({ prefix: `${prefix}/` })])
      expect((await collect(same.list(''))).map(({ key }) => key)).toEqual(['a'])
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
    expect(Contents.map(({ Key }) => Key)).toContain(`${prefix}/a`)
  })

  it('tells a missing bucket from a missing object, and names it', async () => {
    const store = storeIn({ bucket: 'no-such-bucket' })
    await expect(store.get('a')).rejects.toMatchObject({ name: 'NoSuchBucket' })
    await expect(store.check()).rejects.toThrow('cannot use the bucket no-such-bucket: NoSuchBucket')
  })

  it('says that nobody listens', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    const { region, credentials } = rgw
    const store = makeS3Store({ endpoint, region, credentials, bucket, prefix: '', forcePathStyle: true })
    await expect(store.check()).rejects.toThrow(/cannot use the bucket tallyman: .*ECONNREFUSED/)
  })
})
