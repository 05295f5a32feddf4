import { createHash } from 'node:crypto'
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { verifySnapshot } from '../../src/snapshot/restore-snapshot.ts'
import { listSnapshots } from '../../src/snapshot/snapshot-key.ts'
import { writeSnapshot } from '../../src/snapshot/write-snapshot.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import type { StandingFact } from '../../src/usage/fact.ts'
import type { ProjectUsage } from '../../src/usage/usage.ts'
import { BUCKET, hasS3, type S3Bed, startS3 } from '../store/s3-bed.ts'
import { answersOf, noProgress, type SnapshotBed, startBed } from './snapshot-bed.ts'

const hash = (text: string) => createHash('sha256').update(text).digest('hex')

/** Facts whose digests cannot be compressed. */
async function* manyFacts(count: number): AsyncGenerator<StandingFact> {
  for (let n = 0; n < count; n++)
    yield { kind: 'link', repository: 'team/app', at: n, digest: `sha256:${hash(`${n}`)}`, size: n }
}

const usage: ProjectUsage = {
  id: 'ci/team/app',
  uniqueBytes: 0,
  referencedBytes: 0,
  exclusiveBytes: 0,
  unreferencedBytes: 0,
  manifests: 0,
  tags: 0,
  repositories: 0,
  unresolved: 0,
  lastPushAt: 1,
  lastPullAt: 2,
  pulls: 3,
  scans: 4,
  lastPushedBy: 'ann',
}

describe.runIf(hasS3)('snapshots in S3, on Ceph', () => {
  let s3: S3Bed
  let store: ObjectStore
  let bed: SnapshotBed

  beforeAll(async () => {
    bed = await startBed()
    s3 = await startS3()
    store = s3.makeStore({ prefix: 'index' })
  })
  afterAll(async () => {
    await bed?.close()
    await s3?.close()
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

  const writeFacts = (facts: () => AsyncIterable<StandingFact>) =>
    writeSnapshot({
      store,
      registries: ['ci'],
      projects: ['ci/team/app'],
      createdAt: new Date(0),
      onProgress: noProgress,
      index: { usage: async () => usage, facts },
      histories: { stored: async () => undefined },
      settings: bed.open(),
      months: { async *all() {} },
    })

  it('of more than one part of a multipart upload are whole', async () => {
    const { key, facts } = await writeFacts(() => manyFacts(300_000))
    expect((await store.head(key))?.size).toBeGreaterThan(9 * 2 ** 20)
    expect(await verifySnapshot(store, key)).toMatchObject({ projects: 1, facts })
    await store.delete(key)
  })

  it('leave no object and no upload behind when the reading fails half-way', async () => {
    const before = await listSnapshots(store)
    const failing = async function* () {
      yield* manyFacts(300_000)
      throw new Error('Redis went away')
    }
    await expect(writeFacts(failing)).rejects.toThrow('Redis went away')
    expect(await listSnapshots(store)).toEqual(before)
    expect((await s3.client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))).Uploads ?? []).toEqual(
      [],
    )
  })
})
