import { expect, test } from 'vitest'
import { image, useExpiry } from './expire-bed.ts'

/** How fast a run deletes, and what it makes of a registry that wants fewer requests. */
const bed = useExpiry()

const outcomes = (record: { deletes: { outcome: string }[] }) => record.deletes.map(({ outcome }) => outcome)

test('a 429 is waited for as long as the registry asks, and is no failure of the image', async () => {
  let slept = 0
  const { run, push } = bed.setUp({
    sleep: async (ms) => {
      slept += ms
    },
  })
  const { repository, registry } = bed
  await push('pr-1', image('a'), repository)
  await push('pr-2', image('b'), repository)
  let refused = 0
  registry.onRequest(({ method }) =>
    method === 'DELETE' && refused++ < 2 ? { status: 429, retryAfter: 60 } : undefined,
  )
  expect(outcomes(await run('branches', false))).toEqual(['deleted', 'deleted'])
  expect(slept).toBe(120_000)
})

test('a stop ends a run that waits for its registry', async () => {
  let stop: { by: string; at: string } | undefined
  const { run, push } = bed.setUp({
    sleep: async () => {
      stop = { by: 'somebody', at: 'noon' }
    },
  })
  await push('pr-1', image('a'), bed.repository)
  bed.registry.onRequest(({ method }) => (method === 'DELETE' ? { status: 429, retryAfter: 300 } : undefined))
  const record = await run('branches', false, undefined, { stopOf: async () => stop })
  expect(record).toMatchObject({ state: 'stopped', stopped: 'somebody stopped it at noon', deletes: [] })
})

test('a registry that goes on answering 429 ends the run, for another attempt later', async () => {
  let slept = 0
  const { run, push, journal } = bed.setUp({
    sleep: async (ms) => {
      slept += ms
    },
  })
  await push('pr-1', image('a'), bed.repository)
  bed.registry.onRequest(({ method }) => (method === 'DELETE' ? { status: 429, retryAfter: 120 } : undefined))
  await expect(run('branches', false)).rejects.toMatchObject({ status: 429 })
  expect(slept).toBe(600_000)
  expect(await journal.recent(1)).toMatchObject([{ state: 'failed', deletes: [] }])
})

test('deletes begin no faster than `deletesPerSecond`', async () => {
  const { run, push } = bed.setUp({ deletesPerSecond: 5, pace: { planMs: 1_000, atOnce: 4 } })
  for (const name of ['a', 'b', 'c', 'd']) await push(`pr-${name}`, image(name), bed.repository)
  const times: number[] = []
  bed.registry.onRequest(({ method }) => {
    if (method === 'DELETE') times.push(performance.now())
    return undefined
  })
  const beganAt = performance.now()
  expect(outcomes(await run('branches', false))).toEqual(Array(4).fill('deleted'))
  // The first begins at once, the fourth after three fifths of a second.
  expect((times.at(-1) ?? 0) - beganAt).toBeGreaterThan(595)
})
