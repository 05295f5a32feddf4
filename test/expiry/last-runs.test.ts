import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeLastRuns, noteLastRuns } from '../../src/expiry/last-runs.ts'
import type { ExpiryRuns } from '../../src/expiry/runs.ts'
import { sampleRun } from './sample-run.ts'

const bed = useRedis()
const clock = { ms: 1_000_000 }
const open = () => makeLastRuns({ redis: bed.redis, prefix: 't', now: () => clock.ms })
const OLD = { policy: 'old', registry: 'ci' }
const startedAt = Date.parse(sampleRun().at)

test('a policy that never ran is not there; otherwise its last run is, and the last success stays', async () => {
  const runs = open()
  expect(await runs.of([])).toEqual([])
  expect(await runs.of([OLD])).toEqual([])
  await runs.note(sampleRun())
  const done = { ...OLD, startedAt, state: 'done', changedAt: 1_000_000, plannedBytes: 0, held: 0 }
  expect(await runs.of([OLD, { policy: 'old', registry: 'other' }])).toEqual([
    { ...done, succeededAt: 1_000_000 },
  ])
  clock.ms = 2_000_000
  await runs.note(sampleRun({ state: 'failed' }))
  expect(await runs.of([OLD])).toEqual([
    { ...done, state: 'failed', changedAt: 2_000_000, succeededAt: 1_000_000 },
  ])
})

test('a run in some projects only is not the last run of its policy', async () => {
  const runs = open()
  await runs.note(sampleRun({ projects: ['ci/team/app'] }))
  expect(await runs.of([OLD])).toEqual([])
})

test('a run goes on if it cannot be noted', async () => {
  const appended: string[] = []
  const errors: string[] = []
  const runs = { append: async ({ id }) => void appended.push(id) } as ExpiryRuns
  const failing = { note: () => Promise.reject(new Error('Redis is away')) }
  await noteLastRuns(runs, failing, ({ message }) => errors.push(message)).append(sampleRun())
  expect([appended, errors]).toEqual([['r'], ['Redis is away']])
})
