import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeTaken } from '../../src/events/taken.ts'

const bed = useRedis()
const make = (now = Date.now) =>
  makeTaken({ redis: bed.redis, prefix: 't', registries: new Set(['ci', 'b']), now })
const delivery = (registry: string, ids: unknown[]) => ({
  ...{ registry, receivedAt: '2026-11-27T12:00:00Z', events: ids.map((id) => ({ id })) },
})

test('each event counts once, whichever process takes it, and for its own registry', async () => {
  await make().add([delivery('ci', ['a', 'b', 'a']), delivery('b', ['a']), delivery('ci', ['c'])])
  await make().add([delivery('ci', ['c', 'd'])])
  expect(await Promise.all(['ci', 'b', 'none'].map(make().of))).toEqual([4, 1, 0])
})

test('what has no id, or was too large to be read, counts each time', async () => {
  const unread = [{ reason: 'too large', beginning: '{' }]
  await make().add([{ ...delivery('ci', [undefined, 7, '', 'x'.repeat(500)]), unread }])
  await make().add([delivery('ci', ['x'.repeat(500), null])])
  expect(await make().of('ci')).toBe(6)
})

test('a registry that is not audited costs nothing', async () => {
  await make().add([delivery('other', ['a'])])
  expect(await bed.redis.keys('*')).toEqual([])
})

test('the newest ids are remembered: an event that is repeated for hours stays among them', async () => {
  let clock = 1
  const taken = make(() => clock)
  for (let n = 0; n < 12; n++) {
    clock += 1_000
    await taken.add([delivery('ci', ['again', ...Array.from({ length: 1_000 }, (_, i) => `${n} ${i}`)])])
  }
  expect(await taken.of('ci')).toBe(12_001)
  expect(await bed.redis.zcard('t:{ci}:taken-ids')).toBe(5_000)
})

test('any order of deliveries with repetitions gives the number of different events', async () => {
  const batches = fc.array(fc.array(fc.nat(30).map(String), { maxLength: 8 }), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      await bed.redis.flushall()
      for (const ids of all) await make().add([delivery('ci', ids)])
      expect(await make().of('ci')).toBe(new Set(all.flat()).size)
    }),
    { numRuns: 50 },
  )
})
