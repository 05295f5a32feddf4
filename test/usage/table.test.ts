import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'

const bed = useRedis()

/** Runs `set FIELD VALUE`, `remove FIELD`, `get FIELD` and `isEmpty` on the table. Replies what the last two give. */
const script = `${readFileSync(new URL('../../src/usage/scripts/table.lua', import.meta.url), 'utf8')}
local t, reply, i = openTable(KEYS[1]), {}, 1
while i <= #ARGV do
  local verb = ARGV[i]
  if verb == 'set' then t:set(ARGV[i + 1], ARGV[i + 2]) i = i + 3
  elseif verb == 'remove' then t:remove(ARGV[i + 1]) i = i + 2
  elseif verb == 'get' then reply[#reply + 1] = t:get(ARGV[i + 1]) or 'none' i = i + 2
  else reply[#reply + 1] = t:isEmpty() and 'empty' or 'not empty' i = i + 1 end
end
t:saveState()
return reply`

const run = async (...args: string[]): Promise<string[]> => {
  const reply = await bed.redis.eval(script, 1, 't', ...args)
  return Array.isArray(reply) ? reply.map(String) : []
}

const anyValue = fc.oneof(fc.string({ maxLength: 20 }), fc.string({ minLength: 60, maxLength: 90 }))
const anyField = fc
  .integer({ min: 1, max: 600 })
  .map((n) => (n % 50 === 0 ? `${n}-${'long'.repeat(20)}` : `f${n}`))
const anyStep = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constant('set'), anyField, anyValue) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('remove'), anyField) },
)

test('holds what a map would hold after the same sets and removes, in one call or in many', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyStep, { minLength: 1, maxLength: 1500, size: 'max' }),
      fc.integer({ min: 1, max: 400 }),
      async (steps, batch) => {
        await bed.redis.flushall()
        const map = new Map<string, string>()
        for (const [verb, field, value = ''] of steps) {
          if (verb === 'set') map.set(field, value)
          else map.delete(field)
        }
        for (let i = 0; i < steps.length; i += batch) await run(...steps.slice(i, i + batch).flat())
        expect(await run('isEmpty')).toEqual([map.size === 0 ? 'empty' : 'not empty'])
        const fields = [...map.keys()]
        expect(await run(...fields.flatMap((field) => ['get', field]))).toEqual([...map.values()])
        expect(await run('get', 'absent')).toEqual(['none'])
      },
    ),
    { numRuns: 40 },
  )
})

test('keeps thousands of entries in buckets that Redis stores as listpacks', async () => {
  for (let i = 0; i < 5000; i += 500)
    await run(...Array.from({ length: 500 }, (_, n) => ['set', `field ${i + n}`, 'x'.repeat(40)]).flat())
  const keys = (await bed.redis.keys('t:*')).sort()
  expect(keys.length).toBe(79)
  for (const key of keys) expect(await bed.redis.object('ENCODING', key)).toBe('listpack')
})

test('buckets stay listpacks when some entries are too long for one', async () => {
  await run(
    ...Array.from({ length: 200 }, (_, n) => ['set', `field ${n}`, n % 20 ? 'x' : 'x'.repeat(200)]).flat(),
  )
  for (const key of await bed.redis.keys('t:*'))
    expect(await bed.redis.object('ENCODING', key)).toBe('listpack')
  expect(await bed.redis.hlen('t')).toBe(10 + 1)
  await run(...Array.from({ length: 10 }, (_, n) => ['set', `field ${n * 20}`, 'short']).flat())
  expect(await bed.redis.hlen('t')).toBe(1)
})
