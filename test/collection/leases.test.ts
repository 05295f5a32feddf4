import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { LeaseLost, makeLeases } from '../../src/collection/leases.ts'
import { placeOfProcesses } from '../../src/platform/process-id.ts'

const bed = useRedis()
const QUICK = { lastsMs: 2_400, renewMs: 50, giveUpMs: 1_200 }

const leases = (times = QUICK, clock = () => performance.now()) =>
  makeLeases({ redis: bed.redis, prefix: 'tallyman', times, clock, sleep: (ms) => sleep(ms) })
const KEY = 'tallyman:{ci}:collection-lease'

test('one has a registry at a time, for as long as it renews its lease', async () => {
  const lease = await leases().take('ci')
  expect(lease).toBeDefined()
  await sleep(2 * QUICK.lastsMs)
  expect(await leases().take('ci')).toBeUndefined()
  expect(await leases().isTaken('ci')).toBe(true)
  // Another registry is another thing.
  const other = await leases().take('production')
  expect(other).toBeDefined()
  await other?.release()
  await lease?.requireOurs()
  await lease?.release()
  expect(await leases().isTaken('ci')).toBe(false)
})

test('whoever stood still for too long does nothing more once another one has taken over', async () => {
  let isStill = false
  let now = 0
  // A process that stands still does not renew, and its clock has gone on afterwards.
  const still = leases({ ...QUICK, renewMs: 100_000 }, () => (isStill ? now : performance.now()))
  const lease = await still.take('ci')
  await eventually(
    () => bed.redis.exists(KEY),
    (there) => there === 0,
  )
  const next = await leases().take('ci')
  expect(next).toBeDefined()
  isStill = true
  now = performance.now() + 10_000
  await expect(lease?.requireOurs()).rejects.toThrow(LeaseLost)
  // It gives back nothing that is not its own.
  await lease?.release()
  expect(await leases().isTaken('ci')).toBe(true)
  await next?.release()
})

test('one that has expired is had again, if nobody has taken it meanwhile', async () => {
  const lease = await leases().take('ci')
  await bed.redis.del(KEY)
  await eventually(
    () => bed.redis.exists(KEY),
    (there) => there === 1,
  )
  await lease?.requireOurs()
  await lease?.release()
})

test('without Redis, its holder is told to give up before the lease can expire', async () => {
  const lease = await leases().take('ci')
  await bed.redis.set('tallyman:{ci}:collection-holder', 'somebody else')
  await bed.redis.set(KEY, 'somebody else')
  await eventually(
    async () => lease?.signal.aborted,
    (aborted) => aborted === true,
  )
  await lease?.release()
  await bed.redis.del(KEY)
})

test('that of a process which has died here is free at once; of one that runs, or elsewhere, it is not', async () => {
  const holder = async (place: string, pid: number, startedAt: string) => {
    await bed.redis.set(KEY, JSON.stringify({ place, pid, startedAt, id: 'x' }))
    return leases().isTaken('ci')
  }
  const child = spawn('sleep', ['1000'])
  const pid = child.pid ?? 0
  const place = placeOfProcesses()
  expect(await holder('another machine', pid, '1')).toBe(true)
  child.kill('SIGKILL')
  await once(child, 'exit')
  expect(await holder('another machine', pid, '1')).toBe(true)
  if (place === '') return
  expect(await holder(place, pid, '1')).toBe(false)
  // The number of a process that has ended belongs to another one.
  expect(await holder(place, process.pid, 'not when it started')).toBe(false)
  expect(await bed.redis.exists(KEY)).toBe(0)
})
