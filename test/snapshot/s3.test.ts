import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { CreateBucketCommand, ListMultipartUploadsCommand, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type LabRgw, startRgw } from '../../lab/rgw.ts'
import { verifySnapshot } from '../../src/snapshot/restore-snapshot.ts'
import { listSnapshots } from '../../src/snapshot/snapshot-key.ts'
import { writeSnapshot } from '../../src/snapshot/write-snapshot.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { makeS3Store } from '../../src/store/s3-store.ts'
import type { StandingFact } from '../../src/usage/fact.ts'
import type { ProjectUsage } from '../../src/usage/usage.ts'
import { answersOf, noProgress, type SnapshotBed, startBed } from './snapshot-bed.ts'

const installed = spawnSync('radosgw', ['--version']).status === 0
const wanted = installed || process.env.LAB_S3 === '1'
if (!wanted)
  process.stderr.write(
    'Snapshots in S3: skipped, since radosgw is not installed. As root on Debian, LAB_S3=1 installs it (710 MB).\n',
  )

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** As many facts as asked for, whose digests do not compress. */
async function* manyFacts(count: number): AsyncGenerator<StandingFact> {
  for (let n = 0; n < count; n++)
    yield { kind: 'link', repository: 'team/app', at: n, digest: `sha256:${hash(`${n}`)}`, size: n }
}

const usage: ProjectUsage = {
  ...{ id: 'ci/team/app', uniqueBytes: 0, referencedBytes: 0, exclusiveBytes: 0, unreferencedBytes: 0 },
  ...{
    manifests: 0,
    tags: 0,
    repositories: 0,
    unresolved: 0,
    lastPushAt: 1,
    lastPullAt: 2,
    pulls: 3,
    scans: 4,
  },
}

describe.runIf(wanted)('snapshots in S3, on Ceph', () => {
  let rgw: LabRgw
  let client: S3Client
  let store: ObjectStore
  let bed: SnapshotBed
  const bucket = 'tallyman'

  beforeAll(async () => {
    bed = await startBed()
    rgw = await startRgw()
    const { endpoint, region, credentials } = rgw
    client = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
    await client.send(new CreateBucketCommand({ Bucket: bucket }))
    store = makeS3Store({ endpoint, region, credentials, bucket, prefix: 'index', forcePathStyle: true })
  }, 300_000)
  afterAll(async () => {
    await bed?.close()
    await rgw?.close()
  })

  it('are written, kept to their number, and restored', async () => {
    const { index, write } = bed.open({ store, keep: 2 })
    const digest = `sha256:${hash('blob')}`
    await index.apply('ci/team/app', [{ kind: 'link', repository: 'team/app', at: 7, digest, size: 5 }])
    const answers = await answersOf(index)
    const keys = []
    for (let n = 0; n < 3; n++) keys.unshift((await write(noProgress)).key)
    expect((await listSnapshots(store)).map(({ key }) => key)).toEqual(keys.slice(0, 2))
    await bed.lose()
    const after = bed.open({ store })
    await after.restore(keys[0] ?? '', noProgress)
    expect(await answersOf(after.index)).toEqual(answers)
  })

  const synthetic = (facts: () => AsyncIterable<StandingFact>) =>
    writeSnapshot({
      ...{
        store,
        registries: ['ci'],
        projects: ['ci/team/app'],
        createdAt: new Date(0),
        onProgress: noProgress,
      },
      index: { usage: async () => usage, facts },
    })

  it('of more than one part of a multipart upload are whole', async () => {
    const { key, facts } = await synthetic(() => manyFacts(300_000))
    expect((await store.head(key))?.size).toBeGreaterThan(9 * 2 ** 20)
    expect(await verifySnapshot(store, key)).toMatchObject({ projects: 1, facts })
    await store.delete(key)
  }, 60_000)

  it('leave no object and no upload behind when the reading fails half-way', async () => {
    const before = await listSnapshots(store)
    const failing = async function* () {
      yield* manyFacts(300_000)
      throw new Error('Redis went away')
    }
    await expect(synthetic(failing)).rejects.toThrow('Redis went away')
    expect(await listSnapshots(store)).toEqual(before)
    expect((await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []).toEqual([])
  }, 60_000)
})
