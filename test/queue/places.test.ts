import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { makePlaces } from '../../src/queue/places.ts'

/** Takes a place that must be there. */
async function taken(places: ReturnType<typeof makePlaces>, owner: string) {
  const place = await places.take(owner)
  if (!('leave' in place)) throw new Error(`${owner} has no place`)
  return place
}

test('each owner has its own places', async () => {
  const places = makePlaces({ each: 2, patienceMs: 0 })
  await Promise.all(['slow', 'slow', 'healthy', 'healthy'].map((owner) => taken(places, owner)))
  expect(await places.take('slow')).toEqual({ askAgainAt: expect.any(Number) })
  expect(await places.take('healthy')).toEqual({ askAgainAt: expect.any(Number) })
})

test('a job waits for a place that is left, in the order of asking', async () => {
  const places = makePlaces({ each: 1, patienceMs: 600_000 })
  const first = await taken(places, 'a')
  const order: number[] = []
  const waiting = [1, 2].map(async (n) => {
    const place = await taken(places, 'a')
    order.push(n)
    place.leave()
  })
  await sleep(50)
  expect(order).toEqual([])
  first.leave()
  await Promise.all(waiting)
  expect(order).toEqual([1, 2])
  await taken(places, 'a')
})

test('once no place changes hands, jobs are put off at once, and come back one after the other', async () => {
  const places = makePlaces({ each: 1, patienceMs: 100 })
  const slow = await taken(places, 'a')
  expect(await places.take('a')).toEqual({ askAgainAt: expect.any(Number) })
  // The patience is over: nothing is waited for.
  const askedAt = Date.now()
  const answers = await Promise.all(Array.from({ length: 100 }, () => places.take('a')))
  const times = answers.map((place) => ('askAgainAt' in place ? place.askAgainAt : 0))
  expect(times[0]).toBeGreaterThan(askedAt)
  for (const [n, time] of times.entries()) expect(time).toBeGreaterThanOrEqual((times[0] ?? 0) + 10 * n)

  slow.leave()
  await taken(places, 'a')
})
