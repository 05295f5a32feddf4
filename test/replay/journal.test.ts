import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { journalKeys, makeEventJournal } from '../../src/replay/event-journal.ts'
import { type Entry, encodeEntry, entryOf } from '../../src/replay/journal-line.ts'
import { JOURNAL } from '../../src/replay/journal-object.ts'
import { journalBegin, readJournal } from '../../src/replay/read-journal.ts'
import { makeWriteJournal } from '../../src/replay/write-journal.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

const bed = useRedis()
const keys = journalKeys('t')
const DAY = 86_400_000

let folder: string
let store: ReturnType<typeof makeFolderStore>
const warnings: unknown[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-journal-'))
  store = makeFolderStore({ path: folder })
  warnings.length = 0
})
afterEach(() => rm(folder, { recursive: true }))

const digest = `sha256:${'a'.repeat(64)}`
const pull = (n: number): Entry =>
  entryOf(`event-${n}`, 'ci', {
    ...{ kind: 'pull', id: `event-${n}`, repository: 'team/app', digest, at: 1_000_000 + n, size: 500 },
    ...{ mediaType: 'application/vnd.oci.image.manifest.v1+json', tag: 'v1' },
  }) as Entry
const pulls = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => pull(from + n))

const log = { warn: (message: unknown) => void warnings.push(message) }
const journal = (room?: number) =>
  makeEventJournal({ redis: bed.redis, prefix: 't', log, ...(room !== undefined && { room }) })
const writer = (now = Date.now, on: Pick<typeof store, 'put' | 'list' | 'folders' | 'delete'> = store) =>
  makeWriteJournal({ redis: bed.redis, prefix: 't', store: on, keepMs: 90 * DAY, now })
const objects = async () => (await Array.fromAsync(store.list(JOURNAL))).map(({ key }) => key)
const read = async (from = 0) => Array.fromAsync(readJournal(store, { from, to: Date.now() + DAY }))
const ids = async () => (await read()).flatMap((one) => ('entry' in one ? [one.entry.id] : []))

test('what was noted is read again, in order, with when it was heard', async () => {
  const before = Date.now()
  await journal()(pulls(0, 3))
  await journal()(pulls(3, 5))
  expect(await writer()({ isAll: true })).toMatchObject({ objects: 1 })
  const all = await read()
  expect(all.flatMap((one) => ('entry' in one ? [one.entry] : []))).toEqual(pulls(0, 5))
  for (const { heardAt } of all) expect(heardAt).toBeGreaterThanOrEqual(before - 1_000)
  expect(await objects()).toEqual([
    expect.stringMatching(/^journal\/\d{4}-\d\d-\d\d\/\d{13}-\d+\.ndjson\.zst$/),
  ])
  expect(await journalBegin(store)).toBeGreaterThanOrEqual(before - 1_000)
  expect(await bed.redis.xlen(keys.waiting)).toBe(0)
  expect(await bed.redis.get(keys.bytes)).toBe('0')
})

test('little that is new waits; it is written after five minutes', async () => {
  await journal()(pulls(0, 3))
  expect(await writer()()).toMatchObject({ objects: 0 })
  expect(await writer(() => Date.now() + 6 * 60_000)()).toMatchObject({ objects: 1 })
  expect(await ids()).toHaveLength(3)
})

test('much is written in several objects, and nothing is missing or twice', async () => {
  for (let n = 0; n < 40; n++) await journal()(pulls(n * 1_000, (n + 1) * 1_000))
  const written = await writer()({ isAll: true })
  expect(written.objects).toBeGreaterThan(0)
  expect(await ids()).toEqual(pulls(0, 40_000).map(({ id }) => id))
  process.stdout.write(
    `journal: ${Math.round(written.textBytes / 40_000)} bytes an event, ${(written.bytes / 40_000).toFixed(1)} stored\n`,
  )
})

test('a writer that dies after the object is there, and before Redis is told: nothing is lost, nothing is twice', async () => {
  await journal()(pulls(0, 10))
  const { redis } = bed
  const multi = redis.multi.bind(redis)
  redis.multi = (() => {
    throw new Error('killed')
  }) as unknown as typeof redis.multi
  try {
    await expect(writer()({ isAll: true })).rejects.toThrow('killed')
  } finally {
    redis.multi = multi
  }
  expect(await objects()).toHaveLength(1)
  // Others are heard before it runs again.
  await journal()(pulls(10, 15))
  await writer()({ isAll: true })
  expect(await objects()).toHaveLength(1)
  expect(await ids()).toEqual(pulls(0, 15).map(({ id }) => id))
})

test('a store that is away keeps what waits', async () => {
  await journal()(pulls(0, 10))
  const broken = { ...store, put: async () => Promise.reject(new Error('away')) }
  await expect(writer(Date.now, broken)({ isAll: true })).rejects.toThrow('away')
  await writer()({ isAll: true })
  expect(await ids()).toHaveLength(10)
})

test('an event that is noted twice is read once, also across objects', async () => {
  for (let n = 0; n < 3; n++) {
    await journal()(pulls(0, 5))
    await writer()({ isAll: true })
  }
  expect(await objects()).toHaveLength(3)
  expect(await ids()).toEqual(pulls(0, 5).map(({ id }) => id))
  // The same id of another registry is another event.
  await journal()([{ ...pull(0), registry: 'other' }])
  await writer()({ isAll: true })
  expect(await ids()).toHaveLength(6)
})

test('what there is no room for is left out, counted, and told to the reader', async () => {
  await writer()()
  const note = journal(1_000)
  for (let n = 0; n < 20; n++) await note(pulls(n, n + 1))
  expect(warnings).toHaveLength(1)
  await writer()({ isAll: true })
  const all = await read()
  const kept = await ids()
  expect(kept.length).toBeLessThan(20)
  expect(all).toContainEqual(
    expect.objectContaining({ gap: { lost: 20 - kept.length, since: expect.any(Number) } }),
  )
  // It is told once.
  await note(pulls(30, 31))
  await writer()({ isAll: true })
  expect((await read()).filter((one) => 'gap' in one)).toHaveLength(1)
})

test('that nothing was written for hours is told, even if little was heard since', async () => {
  await writer(() => Date.now() - 5 * 3_600_000)()
  await journal()(pulls(0, 1))
  await writer()({ isAll: true })
  const gaps = (await read()).flatMap((one) => ('gap' in one ? [one.gap] : []))
  expect(gaps).toEqual([{ lost: 0, since: expect.any(Number) }])
  expect(Date.now() - (gaps[0]?.since ?? 0)).toBeGreaterThan(4 * 3_600_000)
})

test('a gap that comes after the last time that is read, and began before it, is told, too', async () => {
  await journal()(pulls(0, 1))
  await writer()({ isAll: true })
  await writer(() => Date.now() - 5 * 3_600_000)()
  await bed.redis.set(keys.written, Date.now() - 5 * 3_600_000)
  await new Promise((resolve) => setTimeout(resolve, 20))
  const to = Date.now()
  await new Promise((resolve) => setTimeout(resolve, 20))
  await journal()(pulls(1, 3))
  await writer()({ isAll: true })
  const all = await Array.fromAsync(readJournal(store, { from: 0, to }))
  expect(all.map((one) => Object.keys(one)[1])).toEqual(['gap', 'entry', 'gap'])
})

test('a gap that is not in an object yet is given by the writer', async () => {
  await journal()(pulls(0, 1))
  expect((await writer()({ isAll: true })).untold).toBeUndefined()
  await bed.redis.flushall()
  expect((await writer()({ isAll: true })).untold).toMatchObject({ lost: 0, since: expect.any(Number) })
  await journal()(pulls(1, 2))
  expect((await writer()({ isAll: true })).untold).toBeUndefined()
})

test('days before `keep` are deleted', async () => {
  await store.put('journal/2026-01-01/1767225600000-0.ndjson.zst', 'old')
  await journal()(pulls(0, 1))
  await writer()({ isAll: true })
  expect(await objects()).toHaveLength(1)
})

test('an object that is damaged is told, and the others are read', async () => {
  await journal()(pulls(0, 1))
  await writer()({ isAll: true })
  await store.put(`journal/2000-01-01/0946684800000-0.ndjson.zst`, 'damaged')
  expect(await read()).toContainEqual({
    heardAt: 946_684_800_000,
    unreadable: expect.stringContaining('cannot be read'),
  })
  expect(await ids()).toHaveLength(1)
})

test('a reader that begins in the middle reads no object before', async () => {
  await journal()(pulls(0, 5))
  await writer()({ isAll: true })
  await new Promise((resolve) => setTimeout(resolve, 20))
  const from = Date.now()
  await journal()(pulls(5, 8))
  await writer()({ isAll: true })
  const got: string[] = []
  const counted = {
    ...store,
    get: async (key: string) => {
      got.push(key)
      return store.get(key)
    },
  }
  const all = await Array.fromAsync(readJournal(counted, { from, to: Date.now() + 1_000 }))
  expect(all.flatMap((one) => ('entry' in one ? [one.entry.id] : []))).toEqual([
    'event-5',
    'event-6',
    'event-7',
  ])
  expect(got.length).toBeLessThanOrEqual(2)
})

test('what waited when Redis lost its data is told to the reader, also if little time has passed', async () => {
  await journal()(pulls(0, 3))
  await writer()({ isAll: true })
  const [, , begun = ''] = /^(.*\/)(\d+)-/.exec((await objects())[0] ?? '') ?? []
  await journal()(pulls(3, 6))
  await bed.redis.flushall()
  await writer()()
  await journal()(pulls(6, 9))
  await writer()({ isAll: true })
  const told = (await read()).flatMap((one) => ('gap' in one ? [one.gap] : []))
  expect(told.at(-1)).toEqual({ lost: 0, since: Number(begun) })
  expect(await ids()).toEqual(['event-0', 'event-1', 'event-2', 'event-6', 'event-7', 'event-8'])
})

test('objects of others in the prefix are neither read nor deleted, however old', async () => {
  const others = [
    'journal/2020-01-01/backup.tar',
    'journal/0-archive/x',
    'journal/2020-01-01/notes.ndjson.zst',
  ]
  for (const key of others) await store.put(key, 'of somebody else')
  await journal()(pulls(0, 3))
  await writer(() => Date.now() + 200 * DAY)({ isAll: true })
  expect((await objects()).filter((key) => others.includes(key))).toEqual(others.toSorted())
})

test.for([
  ['is a bomb', () => zstdCompressSync(Buffer.alloc(200 * 1024 * 1024))],
  ['is cut off', () => zstdCompressSync(Buffer.from('1795449746518\n')).subarray(0, -4)],
  ['is empty', () => Buffer.alloc(0)],
  ['is of somebody else', () => Buffer.from('PK\u0003\u0004')],
] as [string, () => Buffer][])('an object that %s is told, and the others are read', async ([, body]) => {
  await journal()(pulls(0, 3))
  await writer()({ isAll: true })
  await store.put('journal/2020-01-01/1577836800000-0.ndjson.zst', body())
  const all = await read()
  expect(all.filter((one) => 'unreadable' in one)).toHaveLength(1)
  expect(await ids()).toHaveLength(3)
})

test.for(['1e300', '-1', '17', '8640000000000001', '1577836800000.5e3'])(
  'a line with the impossible time %s hides nothing that comes after it',
  async (time) => {
    await journal()(pulls(0, 1))
    await writer()({ isAll: true })
    const line = (n: number) => `${encodeEntry(pull(n))}\n`
    const text = `1577836800000\n${line(7)}${time}\n${line(8)}`
    await store.put('journal/2020-01-01/1577836800000-0.ndjson.zst', zstdCompressSync(Buffer.from(text)))
    expect(await ids()).toEqual(['event-7', 'event-8', 'event-0'])
    expect((await read()).filter((one) => 'unreadable' in one)).toHaveLength(1)
  },
)

test('a writer that was frozen writes nothing over what another one has written since', async () => {
  await journal()(pulls(0, 3))
  let wake: () => void = () => {}
  const frozen = new Promise<void>((resolve) => {
    wake = resolve
  })
  const { redis } = bed
  let looks = 0
  const slow = new Proxy(redis, {
    get: (target, name) => {
      const value = Reflect.get(target, name)
      if (name === 'xrange')
        return async (...args: unknown[]) => {
          // It has read what waits.
          if (++looks === 2) await frozen
          return Reflect.apply(value as () => unknown, target, args)
        }
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  const late = makeWriteJournal({ redis: slow, prefix: 't', store, keepMs: 90 * DAY, now: Date.now })
  const writing = late({ isAll: true })
  await expect.poll(() => looks).toBe(2)
  await journal()(pulls(3, 6))
  await writer()({ isAll: true })
  wake()
  await writing
  expect(await ids()).toHaveLength(6)
})
