import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeInstances } from '../../src/events/instances.ts'
import { instancesOf, makeWatchInstances, type UnknownInstance } from '../../src/events/watch-instances.ts'
import type { Delivery } from '../../src/queue/jobs.ts'

const bed = useRedis()
afterEach(() => vi.restoreAllMocks())

const fresh = () => makeInstances({ redis: bed.redis, prefix: 't' })

describe('instances', () => {
  test('an instance is unknown until it is remembered, for every process, and separately for each registry', async () => {
    const [here, there] = [fresh(), fresh()]
    expect(await here.lastEventAt('ci')).toBe(0)
    expect(await here.observe('ci', new Map([['a', 1_795_449_746_518_381]]))).toEqual(['a'])
    expect(await here.observe('ci', new Map([['a', 1_795_449_746_518_381]]))).toEqual(['a'])
    await here.remember('ci', 'a', 1_795_449_746_518_381)
    expect(
      await there.observe(
        'ci',
        new Map([
          ['a', 5],
          ['b', 6],
        ]),
      ),
    ).toEqual(['b'])
    expect(await there.observe('other', new Map([['a', 5]]))).toEqual(['a'])
    expect(await there.lastEventAt('ci')).toBe(1_795_449_746_518_381)
    expect(await there.lastEventAt('other')).toBe(0)
  })

  test('the time of the last event never decreases', async () => {
    const newest = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 2 ** 52 })), {
      minLength: 1,
    })
    await fc.assert(
      fc.asyncProperty(newest, async (sightings) => {
        await bed.redis.flushall()
        let max = 0
        for (const [instanceId, at] of sightings) {
          const instances = fresh()
          const unknown = await instances.observe('ci', new Map([[instanceId, at]]))
          for (const one of unknown) await instances.remember('ci', one, at)
          max = Math.max(max, at)
          expect(await instances.lastEventAt('ci')).toBe(max)
        }
      }),
      { numRuns: 50 },
    )
  })

  test('the time of a remembered instance is written once a second at most', async () => {
    const instances = fresh()
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now').mockReturnValue(now)
    await instances.remember('ci', 'a', 10)
    clock.mockReturnValue(now + 500)
    expect(await instances.observe('ci', new Map([['a', 20]]))).toEqual([])
    expect(await instances.lastEventAt('ci')).toBe(10)
    clock.mockReturnValue(now + 2_000)
    expect(await instances.observe('ci', new Map([['a', 30]]))).toEqual([])
    expect(await instances.lastEventAt('ci')).toBe(30)
  })

  test('the newest hundred are remembered', async () => {
    const instances = fresh()
    for (let n = 1; n <= 103; n++) await instances.remember('ci', `i${n}`, n)
    const asked = new Map(Array.from({ length: 103 }, (_, i): [string, number] => [`i${i + 1}`, i + 1]))
    expect(await fresh().observe('ci', asked)).toEqual(['i1', 'i2', 'i3'])
    expect(await bed.redis.zcard('t:{ci}:instances')).toBe(100)
  })
})

const event = (instanceID: unknown, second: number | string) => ({
  timestamp: typeof second === 'string' ? second : `2026-11-23T10:00:${String(second).padStart(2, '0')}Z`,
  source: { instanceID },
})
const delivery = (events: unknown[], registry = 'ci', receivedAt = '2026-11-23T11:00:00Z'): Delivery => ({
  ...{ registry, receivedAt, events },
})
/** 2026-11-23T10:00:00Z */
const T = 1_795_428_000_000_000
const S = 1_000_000

describe('the instances in deliveries', () => {
  test('first and last event of each instance, the earliest instance first; events of any kind count', () => {
    const found = instancesOf([
      delivery([event('b', 5), event('a', 9)]),
      delivery([{ ...event('a', 3), action: 'explode' }, event('b', 7)]),
      delivery([event('c', 1)], 'other'),
    ])
    expect([...found].map(([registry, spans]) => [registry, [...spans]])).toEqual([
      [
        'ci',
        [
          ['a', { firstAt: T + 3 * S, lastAt: T + 9 * S }],
          ['b', { firstAt: T + 5 * S, lastAt: T + 7 * S }],
        ],
      ],
      ['other', [['c', { firstAt: T + S, lastAt: T + S }]]],
    ])
  })

  test.each([
    ['no source', { timestamp: '2026-11-23T10:00:00Z' }],
    ['no instance, as GitLab sends', { timestamp: '2026-11-23T10:00:00Z', source: { addr: 'c13aa3fb836c' } }],
    ['an empty one', event('', 1)],
    ['an overlong one', event('x'.repeat(201), 1)],
    ['a number', event(7, 1)],
    ['no time', event('a', 'now')],
    ['nothing', null],
    ['text', 'event'],
  ])('%s is none', (_, one) => {
    expect([...(instancesOf([delivery([one])]).get('ci') ?? [])]).toEqual([])
  })

  test('an instance id has at most 200 characters', () => {
    expect(instancesOf([delivery([event('x'.repeat(200), 1)])]).get('ci')?.size).toBe(1)
  })

  test('no event is later than when it was received', () => {
    const spans = instancesOf([delivery([event('a', '2199-01-01T00:00:00Z')], 'ci', '2026-11-23T10:00:08Z')])
    expect(spans.get('ci')?.get('a')).toEqual({ firstAt: T + 8 * S, lastAt: T + 8 * S })
  })
})

describe('an unknown instance', () => {
  test("is reported once, with the time of the registry's last event", async () => {
    const told: [string, UnknownInstance][] = []
    const watch = makeWatchInstances({
      instances: fresh(),
      onUnknownInstance: async (registry, instance) => void told.push([registry, instance]),
    })
    await watch([delivery([event('a', 5), event('a', 2)])])
    await watch([delivery([event('a', 6)])])
    await watch([delivery([event('b', 20), event('c', 30), event('b', 21)])])
    await watch([delivery([event('b', 22), event('a', 23), event('c', 31)])])
    expect(told).toEqual([
      ['ci', { instanceId: 'a', firstEventAt: T + 2 * S, previousLastEventAt: 0 }],
      ['ci', { instanceId: 'b', firstEventAt: T + 20 * S, previousLastEventAt: T + 5 * S }],
      ['ci', { instanceId: 'c', firstEventAt: T + 30 * S, previousLastEventAt: T + 21 * S }],
    ])
  })

  test('is reported again if that failed: it is remembered only afterwards', async () => {
    let calls = 0
    const watch = makeWatchInstances({
      instances: fresh(),
      onUnknownInstance: async () => {
        calls += 1
        if (calls === 1) throw new Error('Redis is away')
      },
    })
    await expect(watch([delivery([event('a', 5)])])).rejects.toThrow('Redis is away')
    await watch([delivery([event('a', 5)])])
    await watch([delivery([event('a', 5)])])
    expect(calls).toBe(2)
  })

  test('only the newest hundred instances of a job are looked at', async () => {
    const told: string[] = []
    const watch = makeWatchInstances({
      instances: fresh(),
      onUnknownInstance: async (_, { instanceId }) => void told.push(instanceId),
    })
    // Each takes two arguments, and a call takes some hundred thousand at most.
    const events = Array.from({ length: 100_000 }, (_, n) => event(`${n}`, Math.floor(n / 2_000)))
    await watch([delivery(events)])
    expect(told).toHaveLength(100)
    expect(told).toContain('99999')
  })

  test('remembered instances cost one round trip at most, and mostly none', async () => {
    const watch = makeWatchInstances({ instances: fresh(), onUnknownInstance: async () => {} })
    await watch([delivery([event('a', 5)])])
    const sent = vi.spyOn(bed.redis, 'multi')
    for (let i = 0; i < 50; i++) await watch([delivery([event('a', 6), event('a', 7)])])
    expect(sent).not.toHaveBeenCalled()
  })
})
