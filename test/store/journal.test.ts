import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { Type } from 'typebox'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { makeJournal } from '../../src/store/journal.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'

const Receipt = Type.Object({ id: Type.String(), at: Type.String(), digest: Type.String() })

describe('a journal', () => {
  let base: string
  let stores = 0
  let store: ObjectStore
  const onUnreadable = vi.fn<(key: string, error: Error) => void>()
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'tallyman-journal-'))
  })
  afterAll(() => rm(base, { recursive: true }))
  beforeEach(() => {
    store = makeFolderStore({ path: join(base, String(stores++)) })
    onUnreadable.mockClear()
  })
  const open = () => makeJournal({ store, kind: 'promotions', schema: Receipt, onUnreadable })
  const receipt = (id: string, at: string) => ({ id, at, digest: `sha256:${id}` })

  it('gives the newest first, whatever the order of writing and the time zones', async () => {
    const ms = fc.integer({ min: 0, max: Date.parse('2286-01-01T00:00:00Z') })
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(ms, { maxLength: 30 }), fc.nat(35), async (times, limit) => {
        store = makeFolderStore({ path: join(base, String(stores++)) })
        const journal = open()
        const records = times.map((time, i) => receipt(`r${i}`, new Date(time).toISOString()))
        for (const record of records) await journal.append(record)
        const newest = records.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
        expect(await journal.recent(limit)).toEqual(newest.slice(0, limit))
      }),
      { numRuns: 20 },
    )
    const journal = open()
    await journal.append(receipt('later', '2285-12-31T23:30:00-02:00'))
    await journal.append(receipt('sooner', '2286-01-01T00:30:00Z'))
    expect((await journal.recent(2)).map(({ id }) => id)).toEqual(['later', 'sooner'])
  })

  it('fetches only as many objects as it gives', async () => {
    const journal = open()
    for (let i = 10; i < 40; i++) await journal.append(receipt(`r${i}`, `2026-05-01T10:00:${i}Z`))
    const get = vi.spyOn(store, 'get')
    expect(await journal.recent(11)).toHaveLength(11)
    expect(get).toHaveBeenCalledTimes(11)
    expect(await journal.recent(0)).toEqual([])
    expect(get).toHaveBeenCalledTimes(11)
  })

  it('reads only the days that have the records of a page', async () => {
    const journal = open()
    for (let day = 10; day < 30; day++)
      for (const id of ['a', 'b']) await journal.append(receipt(`${id}${day}`, `2026-05-${day}T10:00:00Z`))
    const list = vi.spyOn(store, 'list')
    const page = await journal.recent(3)
    expect(page.map(({ id }) => id)).toEqual(['a29', 'b29', 'a28'])
    const next = await journal.recent(2, page[2] && journal.positionOf(page[2]))
    expect(next.map(({ id }) => id)).toEqual(['b28', 'a27'])
    expect(list.mock.calls.flat()).toEqual([
      ...['promotions/2026-05-29/', 'promotions/2026-05-28/'],
      ...['promotions/2026-05-28/', 'promotions/2026-05-27/'],
    ])
  })

  it('gives all records once in pages of any size, while newer ones are appended', async () => {
    const at = fc.integer({ min: 0, max: 5 * 24 }).map((hour) => new Date(hour * 3_600_000).toISOString())
    await fc.assert(
      fc.asyncProperty(
        fc.array(at, { maxLength: 20 }),
        fc.integer({ min: 1, max: 7 }),
        async (times, limit) => {
          store = makeFolderStore({ path: join(base, String(stores++)) })
          const journal = open()
          for (const [i, time] of times.entries()) await journal.append(receipt(`r${i}`, time))
          const whole = await journal.recent(100)
          const paged: typeof whole = []
          for (let more = true; more; ) {
            const last = paged.at(-1)
            const page = await journal.recent(limit, last && journal.positionOf(last))
            paged.push(...page)
            more = page.length === limit
            await journal.append(receipt('newer', `2030-01-01T00:00:00.${100 + paged.length}Z`))
          }
          expect(paged).toEqual(whole)
        },
      ),
      { numRuns: 20 },
    )
  })

  it('forgets no object of others beside its own', async () => {
    const others = [
      'promotions/0-archive/x.json',
      'promotions/2020-01-01/backup.tar',
      'promotions/2020-01-01/a/b.json',
    ]
    for (const key of others) await store.put(key, 'x')
    const journal = open()
    await journal.append(receipt('old', '2020-01-01T10:00:00Z'))
    const told: string[] = []
    await journal.forget(new Date('2026-05-03T12:00:00Z'), async (id) => void told.push(id))
    expect(told).toEqual(['old'])
    expect((await Array.fromAsync(store.list('promotions/'))).map(({ key }) => key)).toEqual(
      others.toSorted(),
    )
  })

  it('forgets the days before a day, and tells of each record before it deletes it', async () => {
    const journal = open()
    for (const day of ['01', '02', '03'])
      for (const hour of ['00', '23'])
        await journal.append(receipt(`r${day}-${hour}`, `2026-05-${day}T${hour}:59:59Z`))
    const told: string[] = []
    await journal.forget(new Date('2026-05-03T12:00:00Z'), async (id) => {
      told.push(id)
      expect((await journal.recent(10)).map(({ id }) => id)).toContain(id)
    })
    expect(told.sort()).toEqual(['r01-00', 'r01-23', 'r02-00', 'r02-23'])
    expect((await journal.recent(10)).map(({ id }) => id)).toEqual(['r03-23', 'r03-00'])
  })

  it('overwrites a record that is appended again', async () => {
    const journal = open()
    const record = receipt('a', '2026-05-01T10:00:00Z')
    await journal.append({ ...record, digest: 'old' })
    await journal.append(record)
    expect(await journal.recent(5)).toEqual([record])
    expect(await Array.fromAsync(store.list(''))).toMatchObject([
      { key: 'promotions/2026-05-01/8222370399999-a.json' },
    ])
  })

  it('skips and reports unreadable records, and gives older ones in their place', async () => {
    const journal = open()
    await journal.append(receipt('good', '2026-05-01T10:00:00Z'))
    await store.put('promotions/2286-11-20/0000000000001-cut.json', '{"id":"cut"')
    await store.put(
      'promotions/2286-11-20/0000000000002-lacks.json',
      '{"id":"lacks","at":"2026-05-01T10:00:00Z"}',
    )
    expect(await journal.recent(1)).toEqual([receipt('good', '2026-05-01T10:00:00Z')])
    expect(onUnreadable.mock.calls.map(([key, { message }]) => [key, message])).toEqual([
      ['promotions/2286-11-20/0000000000001-cut.json', expect.stringContaining('JSON')],
      ['promotions/2286-11-20/0000000000002-lacks.json', expect.stringContaining('digest')],
    ])
  })

  it('throws what the store throws', async () => {
    const journal = open()
    await journal.append(receipt('a', '2026-05-01T10:00:00Z'))
    vi.spyOn(store, 'get').mockRejectedValue(new Error('the disk is gone'))
    await expect(journal.recent(1)).rejects.toThrow('the disk is gone')
    expect(onUnreadable).not.toHaveBeenCalled()
  })

  it.each([
    ['a/b', '2026-05-01T10:00:00Z'],
    ['', '2026-05-01T10:00:00Z'],
    ['a', 'yesterday'],
    ['a', '1969-12-31T23:59:59Z'],
    ['a', '+010000-01-01T00:00:00Z'],
  ])('refuses the id %j at %j', async (id, at) => {
    await expect(open().append(receipt(id, at))).rejects.toThrow(RangeError)
  })
})
