import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anyHistory } from '../../lab/facts.ts'
import { encodeHistory } from '../../src/history/codec.ts'
import { EMPTY, withSample } from '../../src/history/history.ts'
import { addHour } from '../../src/report/entry.ts'
import { parseMonth } from '../../src/report/month.ts'
import { SnapshotError } from '../../src/snapshot/snapshot-error.ts'
import { listSnapshots } from '../../src/snapshot/snapshot-key.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { answersOf, noProgress, type SnapshotBed, startBed } from './snapshot-bed.ts'

let bed: SnapshotBed
beforeAll(async () => {
  bed = await startBed()
})
afterAll(() => bed.close())
beforeEach(async () => {
  await bed.lose()
  for (const { key } of await listSnapshots(bed.store)) await bed.store.delete(key)
})

const push = (n: number): Fact => ({
  ...{ kind: 'push', repository: 'team/app', at: 1_795_449_746_518_381 + n, tag: `v${n}` },
  ...{ digest: `sha256:${n.toString(16).padStart(64, '0')}`, size: 500, references: [] },
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
})
const pushes = (count: number) => Array.from({ length: count }, (_, n) => push(n))

/** Writes a snapshot of one project with two images, and gives its key. */
async function writeOne(): Promise<string> {
  const { index, write } = bed.open()
  await index.apply('ci/team/app', pushes(2))
  const { key } = await write(noProgress)
  if (key === null) throw new Error('nothing was written')
  return key
}

test('a restored index equals the one that was written, for any index', async () => {
  const anyProject = fc.constantFrom('ci/team/app', 'ci/team/web', 'production/team/app')
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(anyProject, anyHistory), { minLength: 1, maxLength: 5 }),
      async (all) => {
        await bed.lose()
        const before = bed.open()
        for (const [project, { facts }] of all) await before.index.apply(project, facts)
        const answers = await answersOf(before.index)
        const { key, ...count } = await before.write(noProgress)

        await bed.lose()
        const after = bed.open()
        const { deleted: _, ...expected } = count
        expect(await after.restore(key ?? '', noProgress)).toMatchObject({ key, ...expected, skipped: [] })
        expect(await answersOf(after.index)).toEqual(answers)
        const projects = [...new Set(all.map(([project]) => project))].sort()
        expect(bed.asked.reconciles).toEqual([...new Set(projects.map((id) => id.split('/')[0]))])
        expect(bed.asked.rechecks).toEqual(projects)
        // A snapshot of the restored index has the same counts.
        expect(await after.write(noProgress)).toMatchObject(expected)
      },
    ),
    { numRuns: 60 },
  )
})

test('a snapshot larger than a batch and a chunk is restored, with progress', async () => {
  const { index, write } = bed.open()
  for (const project of ['ci/team/app', 'ci/team/web']) await index.apply(project, pushes(1_000))
  const answers = await answersOf(index)
  const progress: unknown[] = []
  const onProgress = async (now: unknown) => progress.push(now)
  const { key } = await write(onProgress)
  await bed.lose()
  const after = bed.open()
  await after.restore(key ?? '', onProgress)
  expect(await answersOf(after.index)).toEqual(answers)
  const [none, half, all] = [0, 1, 2].map((projects) => ({ projects, of: 2 }))
  expect(progress).toEqual([half, all, none, half, all])
})

test('an empty index is not written', async () => {
  expect(await bed.open().write(noProgress)).toEqual({ key: null, projects: 0, facts: 0, deleted: [] })
  expect(await listSnapshots(bed.store)).toEqual([])
})

test('a snapshot whose reading or storing failed leaves nothing behind', async () => {
  const { index, write } = bed.open()
  await index.apply('ci/team/app', pushes(2))
  const broken: ObjectStore = { ...bed.store, put: async () => Promise.reject(new Error('the disk is full')) }
  await expect(bed.open({ store: broken }).write(noProgress)).rejects.toThrow('the disk is full')
  const interrupted = async () => Promise.reject(new Error('Redis went away'))
  await expect(write(interrupted)).rejects.toThrow('Redis went away')
  expect(await listSnapshots(bed.store)).toEqual([])
})

describe('retention', () => {
  test('the newest snapshots and other objects are kept', async () => {
    const others = [
      'snapshots/README',
      'snapshots/2020-01-01T00-00-00.000Z-12345678.ndjson.zst.bak',
      'trash/a',
    ]
    for (const key of others) await bed.store.put(key, 'x')
    let day = 1
    const { index, write } = bed.open({ keep: 3, now: () => new Date(Date.UTC(2026, 10, day++)) })
    await index.apply('ci/team/app', pushes(1))
    const results = []
    for (let n = 0; n < 5; n++) results.push(await write(noProgress))
    const keys = results.map(({ key }) => key)
    expect(results.map(({ deleted }) => deleted)).toEqual([[], [], [], [keys[0]], [keys[1]]])
    const listed = await listSnapshots(bed.store)
    expect(listed.map(({ key }) => key)).toEqual(keys.slice(2).reverse())
    expect(listed[0]).toMatchObject({ createdAt: '2026-11-05T00:00:00.000Z', size: expect.any(Number) })
    for (const key of others) expect(await bed.store.get(key)).toBeDefined()
  })

  test('the snapshot just written is kept even if the clock was set back', async () => {
    const { index, write } = bed.open({ keep: 1 })
    await index.apply('ci/team/app', pushes(1))
    const { key: old } = await write(noProgress)
    const { key, deleted } = await bed.open({ keep: 1, now: () => new Date(0) }).write(noProgress)
    expect(deleted).toEqual([old])
    expect((await listSnapshots(bed.store)).map((info) => info.key)).toEqual([key])
  })

  test('the last snapshot from before Redis lost its data is kept for 30 days, beside the newest', async () => {
    const at = (day: number) => new Date(Date.UTC(2026, 10, day))
    const writeOn = async (day: number, since: number) => {
      const { index, write } = bed.open({ keep: 1, now: () => at(day), dataSince: () => since })
      await index.apply('ci/team/app', pushes(1))
      return write(noProgress)
    }
    const keys = async () => (await listSnapshots(bed.store)).map(({ key }) => key)
    await writeOn(1, 0)
    const { key: good } = await writeOn(2, 0)
    const lostAt = at(3).getTime()
    for (const day of [4, 5]) {
      const { key } = await writeOn(day, lostAt)
      expect(await keys()).toEqual([key, good])
    }
    const { key: last } = await writeOn(35, lostAt)
    expect(await keys()).toEqual([last])
  })

  test('a snapshot during which Redis lost its data is not kept, and displaces none', async () => {
    const good = await writeOne()
    let since = 0
    const { index, write } = bed.open({ keep: 1, dataSince: () => since })
    for (const name of ['a', 'b', 'c']) await index.apply(`ci/team/${name}`, pushes(1))
    const lose = async () => {
      if (since === 0) await bed.redis.flushall()
      since = Date.now()
    }
    await expect(write(lose)).rejects.toThrow('Redis lost its data')
    expect((await listSnapshots(bed.store)).map(({ key }) => key)).toEqual([good])
  })

  test('nothing is deleted when writing fails', async () => {
    const { index, write } = bed.open({ keep: 1 })
    await index.apply('ci/team/app', pushes(1))
    const { key } = await write(noProgress)
    await expect(write(() => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect((await listSnapshots(bed.store)).map((info) => info.key)).toEqual([key])
  })
})

describe('a damaged snapshot is refused with the reason, and nothing of it is applied', () => {
  /** Expects that a restore into an empty index fails with `message`, and leaves it empty. */
  async function expectRefused(key: string, message: string | RegExp) {
    await bed.lose()
    const error = await bed
      .open()
      .restore(key, noProgress)
      .catch((error) => error)
    expect(error).toBeInstanceOf(SnapshotError)
    if (typeof message === 'string') expect(error.message).toBe(`${key}${message}`)
    else expect(error.message).toMatch(message)
    expect(error.message).toContain(key)
    expect(await bed.redis.dbsize()).toBe(0)
  }

  /**
   * Expects a refusal with `message`, or a whole restore: some bytes of a zstd frame mean nothing. Gives whether it was
   * refused.
   */
  async function expectRefusedOrWhole(key: string, stored: Buffer, message: RegExp) {
    await bed.store.put(key, stored)
    const { index, restore } = bed.open()
    await bed.lose()
    const error = await restore(key, noProgress).catch((error) => error)
    if (!(error instanceof SnapshotError)) expect(await answersOf(index)).toEqual(answers)
    else {
      expect(error.message).toMatch(message)
      expect(await bed.redis.dbsize()).toBe(0)
    }
    return error instanceof SnapshotError
  }
  let answers: unknown[]
  async function storedAndAnswers() {
    const key = await writeOne()
    answers = await answersOf(bed.open().index)
    return { key, whole: (await bed.store.get(key)) ?? Buffer.alloc(0) }
  }

  test('cut off anywhere', async () => {
    const { key, whole } = await storedAndAnswers()
    let refusals = 0
    for (let length = 0; length < whole.length; length += 5)
      if (await expectRefusedOrWhole(key, whole.subarray(0, length), /cut off/)) refusals += 1
    expect(refusals).toBeGreaterThan(whole.length / 5 - 3)
  })

  test('with any byte of the compressed form changed', async () => {
    const { key, whole } = await storedAndAnswers()
    let refusals = 0
    for (let at = 0; at < whole.length; at += 5) {
      const changed = Buffer.from(whole)
      changed.writeUInt8(changed.readUInt8(at) ^ 0x10, at)
      if (await expectRefusedOrWhole(key, changed, /damaged|expected|checksum|cut off|version|counts/))
        refusals += 1
    }
    expect(refusals).toBeGreaterThan(whole.length / 5 - 3)
  })

  test.each([
    ['a fact changed', (text: string) => text.replace('v1', 'v7'), /line \d+: wrong checksum/],
    [
      'a line that is no fact',
      (t: string) => t.replace('"present"', '"lost"'),
      ', line 3: expected a fact, a project or the trailer',
    ],
    [
      'a line that is no JSON',
      (t: string) => t.replace('["present"', '["pre'),
      ', line 3: expected a fact, a project or the trailer',
    ],
    [
      'another format',
      (t: string) => t.replace('tallyman-index', 'tar'),
      ', line 1: expected the header of a "tallyman-index" snapshot',
    ],
    [
      'another version',
      (t: string) => t.replace('"version":1', '"version":2'),
      ', line 1: the snapshot has version 2, and this Tallyman reads version 1',
    ],
    [
      'a fact without a project',
      (t: string) => t.replace(/\{"project".*\n/, ''),
      ', line 2: expected a project',
    ],
    [
      'no trailer',
      (t: string) => t.replace(/\{"projects".*\n$/, ''),
      /line \d+: the snapshot was cut off: it ends here, without a trailer/,
    ],
    [
      'more after the trailer',
      (t: string) => `${t}["drop","a",1]\n`,
      /line \d+: expected nothing after the trailer/,
    ],
    [
      'a count that is wrong',
      (t: string) => t.replace('"projects":1', '"projects":2'),
      /the trailer counts 2 projects and/,
    ],
    ['a line twice', (t: string) => t.replace(/(\["present".*\n)/, '$1$1'), /the trailer counts/],
    ['nothing at all', () => '', ', line 0: the snapshot was cut off: it ends here, without a trailer'],
  ])('%s', async (_, change, message) => {
    const key = await writeOne()
    await bed.rewrite(key, change)
    await expectRefused(key, message)
  })

  test('with a key that is no snapshot', () =>
    expectRefused('snapshots/none', /^there is no snapshot snapshots\/none$/))

  test('but the same snapshot unchanged is restored', async () => {
    const key = await writeOne()
    await bed.rewrite(key, (text) => text)
    await bed.lose()
    await bed.open().restore(key, noProgress)
    expect(await bed.open().index.projects('ci')).toEqual(['ci/team/app'])
  })
})

describe('the index that a snapshot is restored into', () => {
  test('must be empty in every registry', async () => {
    const key = await writeOne()
    await expect(bed.open().restore(key, noProgress)).rejects.toThrow(
      /^the index is not empty: it holds ci\/team\/app\. .*Stop Tallyman and empty its Redis/,
    )
    await bed.lose()
    const { index, restore } = bed.open()
    await index.apply('production/a', pushes(1))
    await index.apply('production/b', pushes(1))
    const before = await answersOf(index)
    await expect(restore(key, noProgress)).rejects.toThrow('it holds production/a and 1 more projects')
    expect(await answersOf(index)).toEqual(before)
  })

  test('gets no registries that are no longer configured; they are reported', async () => {
    const { index, write } = bed.open()
    await index.apply('ci/team/app', pushes(2))
    await index.apply('production/team/app', pushes(2))
    const { key } = await write(noProgress)
    await bed.lose()
    const after = bed.open({ registries: ['production'] })
    const result = await after.restore(key ?? '', noProgress)
    expect(result).toMatchObject({ projects: 1, reconciling: ['production'], skipped: ['ci'] })
    expect(await after.index.projects('production')).toEqual(['production/team/app'])
    expect(await bed.redis.keys('*ci*')).toEqual([])
  })

  test('after a failed restore accepts only the same snapshot, and is not written until that is done', async () => {
    const { index, write } = bed.open()
    for (const project of ['ci/a', 'ci/b', 'ci/c']) await index.apply(project, pushes(700))
    const answers = await answersOf(index)
    const { key } = await write(noProgress)
    const { key: other } = await write(noProgress)

    await bed.lose()
    const failing = async ({ projects }: { projects: number }) => {
      if (projects === 2) throw new Error('killed')
    }
    await expect(bed.open().restore(key ?? '', failing)).rejects.toThrow('killed')
    expect(await bed.open().index.projects('ci')).toEqual(['ci/a', 'ci/b'])
    expect(bed.asked.reconciles).toEqual([])
    await expect(bed.open().restore(other ?? '', noProgress)).rejects.toThrow(
      `the restore of ${key} is not finished`,
    )
    await expect(bed.open().write(noProgress)).rejects.toThrow(
      `no snapshot was written: the restore of ${key}`,
    )

    const again = bed.open()
    await again.restore(key ?? '', noProgress)
    expect(await answersOf(again.index)).toEqual(answers)
    expect(bed.asked.reconciles).toEqual(['ci'])
    // Once the restore is finished, it is an index like any other.
    await expect(again.restore(key ?? '', noProgress)).rejects.toThrow('the index is not empty')
    await again.write(noProgress)
  })
})

test('histories of usage come back, but not those of registries that are no longer configured', async () => {
  const { index, histories, write } = bed.open()
  for (const id of ['ci/team/app', 'production/web']) await index.apply(id, pushes(2))
  const sample = { uniqueBytes: 70_000, exclusiveBytes: 3, referencedBytes: 2 ** 40, tags: 2, manifests: 2 }
  const history = withSample(withSample(EMPTY, 495_000, sample), 495_002, { ...sample, tags: 3 })
  for (const id of ['ci/team/app', 'ci', 'production/web', 'production'])
    expect(await histories.write(id, history)).toBe(true)
  const { key } = await write(noProgress)
  await bed.lose()
  const after = bed.open({ registries: ['ci'] })
  await after.restore(key ?? '', noProgress)
  expect(await histories.of('ci/team/app')).toEqual(history)
  expect(await histories.of('ci')).toEqual(history)
  expect(await histories.of('production')).toEqual(EMPTY)
  // What was sampled since stays.
  await after.histories.restore('ci', encodeHistory(withSample(EMPTY, 494_000, sample)))
  expect(await histories.of('ci')).toEqual(history)
})

describe('what people have set', () => {
  const AT = Date.UTC(2026, 4, 1)
  const HOUR = 3_600_000
  const override = (limit: number, untilMs: number | null) => ({
    ...{ limit, by: 'ann', why: 'the release', since: new Date(AT).toISOString() },
    until: untilMs === null ? null : new Date(untilMs).toISOString(),
  })
  const ask = (project: string) => ({ project, by: 'ann', why: 'a move' })

  /** Writes overrides and snoozes of an hour, of two hours, and of a registry that is not configured at the restore. */
  async function writeSettings(): Promise<string> {
    const { index, overrides, snoozes, write } = bed.open({ settingsNow: () => AT })
    await index.apply('ci/team/app', pushes(1))
    for (const [project, hours] of [
      ['ci/short', 1],
      ['ci/long', 2],
      ['production/long', 2],
    ] as const) {
      await overrides.set(project, override(100, AT + hours * HOUR))
      await snoozes.add(ask(project), hours * HOUR)
    }
    await overrides.set('ci/ended', override(100, AT - 1))
    await overrides.set('ci/endless', override(100, null))
    return (await write(noProgress)).key ?? ''
  }

  test('comes back with its end, unless it has ended, or its registry is not configured', async () => {
    const key = await writeSettings()
    await bed.lose()
    const after = bed.open({ registries: ['ci'], settingsNow: () => AT + 1.5 * HOUR })
    // A restore may be repeated.
    const failing = async ({ projects }: { projects: number }) => {
      if (projects === 1) throw new Error('killed')
    }
    await expect(after.restore(key, failing)).rejects.toThrow('killed')
    await after.restore(key, noProgress)
    expect(Object.fromEntries(await after.overrides.all())).toEqual({
      'ci/long': override(100, AT + 2 * HOUR),
      'ci/endless': override(100, null),
    })
    const [since, until] = [AT, AT + 2 * HOUR].map((ms) => new Date(ms).toISOString())
    expect(await after.snoozes.list()).toEqual([{ ...ask('ci/long'), since, until }])
    const later = bed.open({ settingsNow: () => AT + 2 * HOUR })
    expect([...(await later.overrides.all()).keys()]).toEqual(['ci/endless'])
    expect(await later.snoozes.list()).toEqual([])
  })

  test('does not replace what was set since', async () => {
    const key = await writeSettings()
    await bed.lose()
    const after = bed.open({ settingsNow: () => AT + HOUR })
    await after.overrides.set('ci/long', override(7, null))
    const snooze = await after.snoozes.add(ask('ci/long'), 5 * HOUR)
    await after.restore(key, noProgress)
    expect((await after.overrides.of(['ci/long'])).get('ci/long')).toEqual(override(7, null))
    expect((await after.snoozes.list()).find(({ project }) => project === 'ci/long')).toEqual(snooze)
  })

  test('that is no setting is an error, and nothing is restored', async () => {
    const key = await writeSettings()
    await bed.rewrite(key, (text) => text.replace('"limit":100', '"limit":"many"'))
    await bed.lose()
    const after = bed.open()
    await expect(after.restore(key, noProgress)).rejects.toThrow(/line \d+: expected a project/)
    expect((await after.overrides.all()).size).toBe(0)
  })
})

test('months of usage come back, also of projects that are gone, and are joined to what was sampled since', async () => {
  const { index, months, write } = bed.open({ now: () => new Date('2026-10-20T00:00:00Z') })
  await index.apply('ci/team/app', pushes(2))
  const [september, october] = [parseMonth('2026-09'), parseMonth('2026-10')]
  const of = (hour: number, uniqueBytes: number) =>
    addHour(undefined, hour, {
      ...{ uniqueBytes, exclusiveBytes: 1, pushers: { bob: 1 }, others: 0, version: 'v' },
    })
  await months.write('ci', september, [['team/gone', of(september.from, 7)]])
  await months.write('ci', october, [
    ['', of(october.from, 9)],
    ['team/app', of(october.from, 5)],
  ])
  await months.write('production', october, [['', of(october.from, 9)]])
  const { key } = await write(noProgress)
  await bed.lose()
  const after = bed.open({ registries: ['ci'] })
  await after.months.write('ci', october, [['team/app', of(october.from + 8, 6)]])
  await after.restore(key ?? '', noProgress)
  expect([...(await months.allOf('ci', september)).keys()]).toEqual(['team/gone'])
  const restored = await months.allOf('ci', october)
  expect(restored.get('')).toEqual(of(october.from, 9))
  expect(restored.get('team/app')).toMatchObject({ hours: 2, byteHours: 11, from: 5, to: 6 })
  expect(await months.allOf('production', october)).toEqual(new Map())
})
