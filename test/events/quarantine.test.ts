import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeQuarantine, type QuarantineFilter } from '../../src/events/quarantine.ts'

const lab = useRedis()
const BIG = { entries: 1_000, bytes: 2 ** 20 }
const bed = (kept = BIG) => {
  const quarantine = makeQuarantine({ redis: lab.redis, prefix: 't' }, kept)
  const list = async (limit: number, filter: QuarantineFilter) => (await quarantine.page(limit, filter)).found
  return { ...quarantine, list }
}

const entry = (event: unknown, more: { registry?: string; reason?: string } = {}) => ({
  ...{ registry: 'ci', receivedAt: '2026-11-23T12:00:00.000Z', reason: 'odd', event, ...more },
})
const events = (found: readonly { event: unknown }[]) => found.map(({ event }) => event)

test('beyond the limit of entries the oldest are dropped and counted', async () => {
  const quarantine = bed({ entries: 3, bytes: 2 ** 20 })
  const dropped: number[] = []
  for (const event of [1, 2, 3, 4, 5]) dropped.push(await quarantine.add(entry(event)))
  expect(dropped).toEqual([0, 0, 0, 1, 1])
  expect(events(await quarantine.list(10, {}))).toEqual([5, 4, 3])
  expect([await quarantine.count(), await quarantine.dropped()]).toEqual([3, 2])
})

test('beyond the limit of bytes too, but the newest entry is always kept', async () => {
  const quarantine = bed({ entries: 100, bytes: 1_000 })
  for (const letter of ['a', 'b', 'c']) await quarantine.add(entry(letter.repeat(300)))
  expect(await quarantine.count()).toBe(2)
  expect(await quarantine.add(entry('d'.repeat(5_000)))).toBe(2)
  expect(events(await quarantine.list(10, {}))).toEqual(['d'.repeat(5_000)])
  expect(await quarantine.add(entry('e'))).toBe(1)
  expect([await quarantine.count(), await quarantine.dropped()]).toEqual([1, 4])
})

test('the same event has one entry, with its newest reason, in the newest position', async () => {
  const quarantine = bed()
  await quarantine.add(entry('same', { reason: 'is early, at 12:00' }))
  await quarantine.add(entry('other'))
  await quarantine.add(entry('same', { reason: 'is early, at 12:01' }))
  await quarantine.add(entry('same', { registry: 'hub' }))
  const found = await quarantine.list(10, {})
  expect(found.map(({ registry, reason, event }) => [registry, reason, event])).toEqual([
    ['hub', 'odd', 'same'],
    ['ci', 'is early, at 12:01', 'same'],
    ['ci', 'odd', 'other'],
  ])
})

test('filters by registry, by a text in the reason, or both, over more than a page', async () => {
  const quarantine = bed()
  for (let n = 0; n < 250; n++)
    await quarantine.add(
      entry(n, { registry: n % 2 ? 'ci' : 'hub', reason: n % 5 ? 'no digest' : 'no time' }),
    )
  const found = async (limit: number, filter: QuarantineFilter) =>
    events(await quarantine.list(limit, filter))
  expect(await found(3, {})).toEqual([249, 248, 247])
  expect(await found(3, { registry: 'ci' })).toEqual([249, 247, 245])
  expect(await found(3, { reason: 'time' })).toEqual([245, 240, 235])
  expect(await found(2, { registry: 'hub', reason: 'time' })).toEqual([240, 230])
  expect(await found(1_000, { registry: 'hub', reason: 'time' })).toHaveLength(25)
  expect(await found(1_000, { registry: 'elsewhere' })).toEqual([])
})

test('pages go through all entries, oldest first, without those added or removed meanwhile', async () => {
  const quarantine = bed()
  for (let n = 0; n < 150; n++) await quarantine.add(entry(n))
  const seen: unknown[] = []
  for await (const page of quarantine.pages({})) {
    seen.push(...events(page))
    await quarantine.add(entry(1_000 + seen.length))
    const last = (await quarantine.list(1_000, {})).find(({ event }) => event === 149)
    await quarantine.remove(last ? [last.id] : [])
  }
  expect(seen).toEqual(Array.from({ length: 149 }, (_, n) => n))
})

/** Lists all in pages. Gives the events of each page. */
async function inPages(limit: number, filter: QuarantineFilter): Promise<unknown[][]> {
  const pages: unknown[][] = []
  let after: string | undefined
  do {
    const { found, next } = await bed().page(limit, filter, after)
    pages.push(events(found))
    after = next
  } while (after !== undefined)
  return pages
}

test('a list comes in pages, with a filter too, and the last page is not empty', async () => {
  const quarantine = bed()
  for (let n = 0; n < 6; n++) await quarantine.add(entry(n, { registry: n % 2 ? 'ci' : 'hub' }))
  expect(await inPages(3, {})).toEqual([
    [5, 4, 3],
    [2, 1, 0],
  ])
  expect(await inPages(2, { registry: 'ci' })).toEqual([[5, 3], [1]])
  expect(await inPages(2, { registry: 'elsewhere' })).toEqual([[]])
})

test('a page ends at a megabyte of entries, and has at least one', async () => {
  const quarantine = bed({ entries: 1_000, bytes: 64 * 2 ** 20 })
  const sizes = [250_000, 10, 250_000, 250_000, 250_000, 250_000, 250_000, 10]
  for (const [n, size] of sizes.entries()) await quarantine.add(entry(`${n}${'x'.repeat(size)}`))
  const pages = await inPages(100, {})
  expect(pages.map((page) => page.map((event) => Number(String(event)[0])))).toEqual([
    [7, 6, 5, 4, 3, 2],
    [1, 0],
  ])
})

test('a filter that passes nothing ends its page after 8 MiB, and goes on from there', async () => {
  const quarantine = bed({ entries: 1_000, bytes: 64 * 2 ** 20 })
  await quarantine.add(entry('wanted', { registry: 'hub' }))
  for (let n = 0; n < 40; n++) await quarantine.add(entry(`${n} ${'x'.repeat(250_000)}`))
  expect(await inPages(100, { registry: 'hub' })).toEqual([[], ['wanted']])
})

test('of an event over 256 KiB the beginning is kept, and the reason says so', async () => {
  const quarantine = bed({ entries: 100, bytes: 2 ** 26 })
  await quarantine.add(entry({ text: 'x'.repeat(256 * 1024) }))
  await quarantine.add(entry({ text: 'x'.repeat(256 * 1024) }))
  expect((await quarantine.page(100, {})).found).toMatchObject([
    {
      reason: 'odd; too long to be kept (262155 characters): this is its beginning',
      event: `{"text":"${'x'.repeat(491)}`,
    },
  ])
})

test.each(['', 'nonsense', '-', '+', '1', '1-*', '(1-1', '99999999999999999999-1'])(
  'nothing has the id "%s"',
  async (id) => {
    const quarantine = bed()
    await quarantine.add(entry(1))
    expect(await quarantine.get(id)).toBeUndefined()
    expect(await quarantine.remove([id])).toBe(0)
    expect(await quarantine.count()).toBe(1)
  },
)

test('any history of adds and removals ends as in a plain list, and the byte total is right', async () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 0, max: 12 }), size: fc.integer({ min: 0, max: 400 }) }),
    fc.record({ take: fc.nat() }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await lab.redis.flushall()
      const kept = { entries: 6, bytes: 1_500 }
      const quarantine = bed(kept)
      let model: { event: number; bytes: number }[] = []
      let dropped = 0
      for (const one of steps) {
        if ('add' in one) {
          const added = entry(one.add, { reason: 'x'.repeat(one.size) })
          await quarantine.add(added)
          model = model.filter(({ event }) => event !== one.add)
          model.push({ event: one.add, bytes: JSON.stringify(added).length })
          while (model.length > kept.entries || (bytesOf(model) > kept.bytes && model.length > 1)) {
            model.shift()
            dropped++
          }
        } else if (model.length > 0) {
          const [taken] = model.splice(one.take % model.length, 1)
          const listed = (await quarantine.page(100, {})).found
          const id = listed.find(({ event }) => event === taken?.event)?.id ?? ''
          expect(await quarantine.remove([id, id])).toBe(1)
        }
      }
      const found = (await quarantine.page(100, {})).found
      expect(events(found).reverse()).toEqual(model.map(({ event }) => event))
      expect(await quarantine.dropped()).toBe(dropped)
      expect(Number(await lab.redis.hget('t:{quarantine}:totals', 'bytes'))).toBe(bytesOf(model))
      expect(await lab.redis.hlen('t:{quarantine}:marks')).toBe(model.length)
    }),
    { numRuns: 60 },
  )
})

const bytesOf = (model: readonly { bytes: number }[]) => model.reduce((sum, { bytes }) => sum + bytes, 0)
