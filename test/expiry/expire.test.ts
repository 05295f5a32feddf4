import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { allImages } from '../../lab/all-images.ts'
import { DAY } from '../../lab/images.ts'
import type { Progress } from '../../src/expiry/decision.ts'
import { doneText } from '../../src/expiry/run-text.ts'
import { summaryOf } from '../../src/expiry/runs.ts'
import { heldText } from '../../src/expiry/share.ts'
import { image, multiPlatform, NOW, PUSHED_AT, taggedAs, useExpiry } from './expire-bed.ts'

const bed = useExpiry()

test('a run deletes what the plan deletes, keeps the rest, and stores its record', async () => {
  const { run, push, journal, index, expired } = bed.setUp()
  const { repository, project, client } = bed
  const [old, kept] = [image('old'), image('kept')]
  await push('pr-1', old, repository)
  await push('main', kept, repository)

  const record = await run('branches', false)
  // The index counts the manifest and what it lists.
  const bytes = (await index.images(project, repository)).find(
    ({ digest }) => digest === old.root.digest,
  )?.totalSize
  expect(record).toEqual({
    id: expect.stringMatching(/^\d{8}T\d{9}Z-[0-9a-f]{8}$/),
    at: new Date(NOW / 1000).toISOString(),
    policy: 'branches',
    registry: 'ci',
    dryRun: false,
    by: 'a test',
    state: 'done',
    progress: { planned: 1, plannedBytes: bytes, done: 1, freedBytes: bytes },
    kept: 1,
    undo: { until: null, text: expect.stringContaining('undo is safe until') },
    deletes: [
      {
        ...{
          project,
          repository,
          digest: old.root.digest,
          tags: ['pr-1'],
          verdict: 'delete',
          rule: 'expire pr-*',
        },
        ...{ reason: 'it is 30 days old', outcome: 'deleted', bytes },
      },
    ],
  })
  expect(await journal.recent(5)).toEqual([record])
  expect(await expired()).toEqual([{ labels: { policy: 'branches', outcome: 'deleted' }, value: 1 }])
  expect(await client.headManifest(repository, old.root.digest)).toBeUndefined()
  expect((await client.headManifest(repository, 'main'))?.digest).toBe(kept.root.digest)
})

test('a run covers every project of its registry, in the repositories of its policy', async () => {
  const { run, push } = bed.setUp({ repository: '{app-a,app-b}' })
  const old = image('everywhere')
  for (const repository of ['app-a', 'app-b', 'app-c']) await push('pr-1', old, repository)
  const record = await run('branches', false)
  expect(record.deletes.map(({ repository, project }) => [repository, project])).toEqual([
    ['app-a', 'ci/app-a'],
    ['app-b', 'ci/app-b'],
  ])
  expect(record.kept).toBe(0)
})

test('an index in two repositories of a project is deleted in one and kept in the other', async () => {
  const { run, push } = bed.setUp()
  const { repository, project, client } = bed
  const both = multiPlatform('in both')
  // The plan comes to the repository of the kept one first.
  await push('main', both, `${repository}/a`, project)
  await push('pr-1', both, `${repository}/b`, project)
  const record = await run('branches', false)
  expect(record.kept).toBe(both.manifests.size)
  expect(record.deletes.map(({ outcome }) => outcome)).toEqual(['deleted', 'deleted', 'deleted'])
  for (const digest of both.manifests.keys()) {
    expect(await client.headManifest(`${repository}/a`, digest)).toBeDefined()
    expect(await client.headManifest(`${repository}/b`, digest)).toBeUndefined()
  }
})

test('a dry run records what it would delete, and sends nothing to the registry', async () => {
  const { run, push, journal, store, expired } = bed.setUp()
  const old = image('dry')
  await push('pr-1', old, bed.repository)
  const record = await run('branches', true)
  expect(record).toMatchObject({ dryRun: true, kept: 0, deletes: [{ outcome: 'planned' }] })
  expect(bed.registry.requests).toEqual([])
  expect(await expired()).toEqual([])
  expect(await Array.fromAsync(store.list('trash/'))).toEqual([])
  expect(await journal.recent(5)).toEqual([record])
})

test('an index is deleted before its children, and they follow even if its notification arrives first', async () => {
  const { run, push, index } = bed.setUp()
  const { repository, project, registry } = bed
  const old = multiPlatform('old')
  await push('pr-1', old, repository)
  registry.onRequest(async ({ method, path }) => {
    const digest = path.slice(path.lastIndexOf('/') + 1)
    // The registry's notification of the previous delete arrives.
    const [last] = bed.deletes.slice(-2)
    if (method === 'DELETE' && last !== undefined && last !== digest)
      await index.apply(project, [{ kind: 'delete', repository, at: NOW, digest: last }])
    return undefined
  })
  const record = await run('branches', false)
  expect(record.deletes.map(({ outcome }) => outcome)).toEqual(['deleted', 'deleted', 'deleted'])
  expect(bed.deletes[0]).toBe(old.root.digest)
  expect(bed.deletes.toSorted()).toEqual([...old.manifests.keys()].sort())
  expect((await allImages(index, project)).map(({ digest }) => digest)).toEqual(bed.deletes.slice(-1))
})

test('the trash contains what is needed to put an image back', async () => {
  const { run, push, store } = bed.setUp()
  const { repository, project, client } = bed
  const old = image('undo')
  await push('pr-1', old, repository)
  const { id } = await run('branches', false)
  const entry = JSON.parse(String(await store.get(`trash/ci/${repository}/${old.root.digest}.json`)))
  const { bytes, mediaType } = old.manifests.get(old.root.digest) ?? { bytes: Buffer.alloc(0), mediaType: '' }
  expect(entry).toEqual({
    ...{ at: new Date(NOW / 1000).toISOString(), policy: 'branches', registry: 'ci', project, repository },
    ...{
      run: id,
      digest: old.root.digest,
      tags: ['pr-1'],
      verdict: 'delete',
      rule: 'expire pr-*',
      mediaType,
    },
    ...{ reason: 'it is 30 days old', manifest: bytes.toString('base64') },
  })
  await client.putManifest(repository, 'pr-1', Buffer.from(entry.manifest, 'base64'), entry.mediaType)
  expect((await client.headManifest(repository, 'pr-1'))?.digest).toBe(old.root.digest)
})

test('a policy that is not configured is an error', async () => {
  const { run } = bed.setUp()
  await expect(run('retired', false)).rejects.toThrow('there is no expiry policy "retired"')
})

describe('the clock', () => {
  test('is read at the start, in µs', async () => {
    const { run, push } = bed.setUp({ now: () => PUSHED_AT + 14 * DAY })
    await push('pr-1', image('at the bound'), bed.repository)
    expect(await run('branches', false)).toMatchObject({ kept: 1, deletes: [] })
  })

  test('is read again before each delete: an image is kept if it is young by then', async () => {
    let now = NOW
    const { run, push } = bed.setUp({ now: () => now })
    const { repository, registry } = bed
    await push('pr-1', image('first'), repository)
    await push('pr-2', image('second'), repository)
    registry.onRequest(({ method }) => {
      if (method === 'DELETE') now = PUSHED_AT + DAY
      return undefined
    })
    const record = await run('branches', false)
    expect(record.deletes.map(({ outcome }) => outcome)).toEqual(['deleted', 'moved'])
    expect(bed.deletes).toHaveLength(1)
  })

  test.each([0, 60_000])(
    'is compared with that of the registry before each delete (%d ms)',
    async (planMs) => {
      let now = NOW
      const { run, push, index, journal } = bed.setUp({
        ...{ now: () => now, registryNow: () => NOW, pace: { planMs, atOnce: 1 } },
      })
      const { repository, project, registry, client } = bed
      const [old, young] = [`${repository}/a`, `${repository}/b`]
      await push('pr-1', image('old'), old, project)
      await push('pr-2', image('young'), young, project)
      await index.apply(project, [{ ...taggedAs('pr-2', image('young'), young), at: NOW - DAY }])
      registry.onRequest(({ method }) => {
        if (method === 'DELETE') now += 20 * DAY
        return undefined
      })
      await expect(run('branches', false)).rejects.toThrow('our clock is 28800 minutes ahead')
      const [record] = await journal.recent(1)
      expect(record?.deletes).toMatchObject([{ repository: old, outcome: 'deleted' }])
      expect(await client.headManifest(young, 'pr-2')).toBeDefined()
    },
  )
})

test.each(['its mode', 'what it is about'])(
  'a reload of a policy that changes %s stops a run before its next delete',
  async (what) => {
    let isReloaded = false
    const { run, push, journal } = bed.setUp({
      mode: () => (isReloaded && what === 'its mode' ? 'plan' : 'apply'),
      changed: () => (isReloaded && what === 'what it is about' ? { repository: 'elsewhere' } : {}),
    })
    const { repository, registry } = bed
    await push('pr-1', image('first'), repository)
    await push('pr-2', image('second'), repository)
    registry.onRequest(({ method }) => {
      if (method === 'DELETE') isReloaded = true
      return undefined
    })
    const record = await run('branches', false)
    expect(record.deletes.map(({ outcome }) => outcome)).toEqual(['deleted'])
    expect(record).toMatchObject({ state: 'stopped', stopped: 'its policy was changed' })
    expect(await journal.recent(1)).toEqual([record])
    expect(bed.deletes).toHaveLength(1)
  },
)

test('a person stops a run before its next delete, and the record says who', async () => {
  let stop: { by: string; at: string } | undefined
  const { run, push, journal } = bed.setUp()
  const { repository, registry } = bed
  await push('pr-1', image('first'), repository)
  await push('pr-2', image('second'), repository)
  registry.onRequest(({ method }) => {
    if (method === 'DELETE') stop = { by: 'admin token from 10.0.0.7', at: '2026-11-26T10:00:00Z' }
    return undefined
  })
  const record = await run('branches', false, undefined, { stopOf: async () => stop })
  expect(bed.deletes).toHaveLength(1)
  expect(record).toMatchObject({
    ...{ state: 'stopped', stopped: 'admin token from 10.0.0.7 stopped it at 2026-11-26T10:00:00Z' },
    ...{ deletes: [{ outcome: 'deleted' }], progress: { planned: 2, done: 1 } },
  })
  expect(await journal.recent(1)).toEqual([record])
  expect(await run('branches', true, undefined, { stopOf: async () => stop })).toMatchObject({
    state: 'stopped',
    deletes: [],
  })
})

test('the audit says who asked for a run, what it planned, and how it ended', async () => {
  const { run, push, audited } = bed.setUp()
  const { repository, registry } = bed
  await push('pr-1', image('old'), repository)
  await push('main', image('kept'), repository)
  const { id } = await run('branches', false)
  const about = { by: 'a test', registry: 'ci', policy: 'branches', run: id, dryRun: false }
  const counts = { planned: 1, deleted: 1, absent: 0, moved: 0, refused: 0, failed: 0, untagged: 0, kept: 1 }
  expect(audited).toEqual([
    { ...about, action: 'run.started', acceptShare: false },
    {
      ...{ ...about, action: 'run.ended', outcome: 'done' },
      counts: { ...counts, plannedBytes: expect.any(Number), freedBytes: expect.any(Number) },
    },
  ])
  await push('pr-2', image('older'), repository)
  registry.onRequest(({ method }) => (method === 'DELETE' ? 401 : undefined))
  await expect(run('branches', false)).rejects.toThrow('401')
  expect(audited.slice(2)).toMatchObject([
    { action: 'run.started' },
    { action: 'run.ended', outcome: 'failed', why: expect.stringContaining('401') },
  ])
})

test('nothing is deleted that the audit does not know of', async () => {
  const { run, push } = bed.setUp({ audit: () => Promise.reject(new Error('ENOSPC')) })
  await push('pr-1', image('old'), bed.repository)
  await expect(run('branches', false)).rejects.toThrow('ENOSPC')
  expect(bed.deletes).toEqual([])
})

test('a run tells its progress in images and bytes', async () => {
  const { run, push } = bed.setUp()
  const { repository } = bed
  const [first, second] = [image('first'), image('second')]
  await push('pr-1', first, repository)
  await push('pr-2', second, repository)
  const told: Progress[] = []
  await run('branches', false, undefined, { onProgress: async (progress) => told.push({ ...progress }) })
  const plannedBytes = told[0]?.plannedBytes ?? 0
  expect(plannedBytes).toBeGreaterThan(4_000)
  expect(told.map(({ planned, done }) => [planned, done])).toEqual([
    [2, 0],
    [2, 1],
    [2, 2],
  ])
  expect(told.at(-1)).toEqual({ planned: 2, plannedBytes, done: 2, freedBytes: plannedBytes })
})

test('an image with a subject that no event told is kept', async () => {
  const { run, push, index } = bed.setUp()
  const { repository, project, client } = bed
  const subject = image('subject')
  await push('main', subject, repository)
  const body = JSON.parse(subject.manifests.get(subject.root.digest)?.bytes.toString() ?? '')
  const bytes = Buffer.from(JSON.stringify({ ...body, subject: subject.root }))
  const digest = await client.putManifest(repository, 'pr-1', bytes, body.mediaType)
  const { mediaType } = body
  const sighting = { repository, at: PUSHED_AT, digest, size: bytes.length, mediaType, tag: 'pr-1' }
  await index.apply(project, [{ kind: 'push', ...sighting, references: [], extent: 'all' }])

  const { deletes } = await run('branches', false)
  expect(deletes).toMatchObject([{ digest, outcome: 'moved' }])
  expect((await client.headManifest(repository, 'pr-1'))?.digest).toBe(digest)
  expect(bed.deletes).toEqual([])
})

describe('a policy that would delete a large share of a project', () => {
  /** A project with 12 images that expire and 4 that stay. */
  async function setUp(maxShare: number) {
    const found = bed.setUp({ maxShare })
    for (let n = 0; n < 12; n++) await found.push(`pr-${n}`, image(`old ${n}`), bed.repository)
    for (let n = 0; n < 4; n++) await found.push(`v${n}`, image(`kept ${n}`), bed.repository)
    return found
  }

  test('deletes nothing there, and says so in its record and to chat; accepted, it deletes', async () => {
    const { run, alerts, journal, audited } = await setUp(0.5)
    const record = await run('branches', false)
    expect(doneText(summaryOf(record))).toBe('deleted nothing; held 1 project')
    expect(audited.at(-1)).toMatchObject({
      ...{ action: 'run.ended', outcome: 'done', counts: { held: 1 } },
      why:
        `nothing was deleted in ${bed.project} (12 of 16 images), since that is more than expiry.maxShare. ` +
        'If this is meant: tallyman expire branches --apply --accept-share',
    })
    const counts = { deletes: 12, images: 16, untags: 0, tags: 16 }
    const held = [{ project: bed.project, ...counts, bytes: expect.any(Number) }]
    expect(record).toMatchObject({ deletes: [], held })
    expect(await journal.recent(1)).toEqual([record])
    expect(bed.deletes).toEqual([])
    expect(alerts).toMatchObject([
      {
        ...{ registry: 'ci', event: 'expiry.held' },
        text: expect.stringContaining(
          `more than 50% of the images or tags of ${bed.project} (12 of 16 images)`,
        ),
      },
    ])
    // A dry run shows what would go, and that it is held; it is no alert.
    const dry = await run('branches', true)
    expect(dry).toMatchObject({ deletes: Array(12).fill({ outcome: 'planned' }), held })
    expect(doneText(summaryOf(dry))).toMatch(
      /^would delete 12 images \(\d.*\), keep 4 images; held 1 project$/,
    )
    expect(heldText(dry)).toMatch(/^a run deletes nothing in /)
    expect(alerts).toHaveLength(1)
    const accepted = await run('branches', false, undefined, { acceptShare: true })
    expect(accepted.deletes.map(({ outcome }) => outcome)).toEqual(Array(12).fill('deleted'))
    expect(accepted).not.toHaveProperty('held')
  })

  test('goes on in the other projects, and is not held below the share or for a few images', async () => {
    const { run, push } = await setUp(0.5)
    await push('pr-1', image('small'), `${bed.repository}/small`)
    const record = await run('branches', false)
    expect(record.deletes).toMatchObject([{ repository: `${bed.repository}/small`, outcome: 'deleted' }])
    const { run: runAtMost } = await setUp(0.75)
    expect((await runAtMost('branches', false)).deletes.length).toBeGreaterThanOrEqual(12)
  })

  test('ends where a plan of then deletes more than the share of the images that the run began with', async () => {
    let isInUse = true
    const { run, push, alerts } = bed.setUp({
      maxShare: 0.3,
      findProtections: async () => (image) =>
        isInUse && image.repository.endsWith('/b') ? 'it is in use' : undefined,
    })
    const { repository, project, registry } = bed
    await push('pr-1', image('first'), `${repository}/a`, project)
    for (let n = 0; n < 20; n++) await push(`pr-${n}`, image(`used ${n}`), `${repository}/b`, project)
    await push('pr-1', image('elsewhere'), `${repository}/z`)
    registry.onRequest(async ({ method }) => {
      // A plan takes what protects images from up to a second ago.
      if (method === 'DELETE' && isInUse) await setTimeout(1_100)
      if (method === 'DELETE') isInUse = false
      return undefined
    })
    const record = await run('branches', false)
    expect(record.held).toMatchObject([{ project, images: 21, deletes: 10, deleted: 10 }])
    expect(heldText(record)).toMatch(/^no more was deleted in /)
    expect(record.deletes.filter(({ project: one }) => one === project)).toHaveLength(10)
    expect(record.deletes).toContainEqual(
      expect.objectContaining({ repository: `${repository}/z`, outcome: 'deleted' }),
    )
    expect(alerts).toMatchObject([
      {
        event: 'expiry.held',
        text: expect.stringContaining(`${project} (10 of 21 images, of which 10 are deleted)`),
      },
    ])
  })

  test('deletes no tags, either, if it would delete a large share of them alone', async () => {
    const { run, push, alerts } = bed.setUp({ maxShare: 0.3 })
    const { repository, project } = bed
    for (let n = 0; n < 12; n++) {
      await push(`pr-${n}`, image(`both ${n}`), repository)
      await push(`v${n}`, image(`both ${n}`), repository)
    }
    const record = await run('branches', false)
    expect(record).toMatchObject({ deletes: [], held: [{ project, deletes: 0, untags: 12, tags: 24 }] })
    expect(alerts).toMatchObject([{ text: expect.stringContaining('12 single tags of 24') }])
  })
})
