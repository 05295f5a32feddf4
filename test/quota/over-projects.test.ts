import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { makeAdmit } from '../../src/quota/admission.ts'
import { keepOverProjects, type OverProjects } from '../../src/quota/over-projects.ts'

let kept: OverProjects | undefined
afterEach(() => kept?.close())

/** Flags that a test changes, and a clock that it moves, in ms. */
function bed() {
  const over = new Map<string, string>()
  const at = { now: 0, reads: 0, isAway: false }
  kept = keepOverProjects({
    async read() {
      at.reads += 1
      if (at.isAway) throw new Error('Redis is away')
      return new Map(over)
    },
    log: { debug() {} },
    now: () => at.now,
    pauseMs: 5,
  })
  const overProjects = kept
  const push = (failOpen: boolean, repository = 'team/app') =>
    makeAdmit({ overProjects, projectOf: (_, name) => name, failOpen })({
      ...{ registry: 'ci', method: 'PUT', uri: `/v2/${repository}/manifests/v1` },
    }).is
  const nextRead = async () => {
    const { reads } = at
    // The second read from here began after what the test has set.
    await eventually(
      async () => at.reads,
      (now) => now > reads + 1,
    )
  }
  return { at, over, push, nextRead, overProjects }
}

test('only a push to a project that is over is refused, and only as long as it is', async () => {
  const { over, push, nextRead } = bed()
  over.set('ci/team/app', '2026-11-27T06:00:00.000Z')
  await nextRead()
  expect([push(true), push(true, 'team/none')]).toEqual(['refused', 'admitted'])
  over.delete('ci/team/app')
  await nextRead()
  expect(push(true)).toBe('admitted')
})

test('what was read counts for half a minute; then nobody knows, until it is read again', async () => {
  const { at, over, push, nextRead } = bed()
  over.set('ci/team/app', '2026-11-27T06:00:00.000Z')
  await nextRead()
  at.isAway = true
  await nextRead()
  at.now = 29_999
  expect([push(true), push(false)]).toEqual(['refused', 'refused'])
  at.now = 30_001
  expect([push(true), push(false)]).toEqual(['admitted', 'unavailable'])
  at.isAway = false
  await nextRead()
  expect([push(true), push(false)]).toEqual(['refused', 'refused'])
})

test('before the first read nobody knows', () => {
  const { push } = bed()
  expect([push(true), push(false)]).toEqual(['admitted', 'unavailable'])
})

test('nothing is read after it was closed', async () => {
  const { at, nextRead, overProjects } = bed()
  await nextRead()
  await overProjects.close()
  const { reads } = at
  await sleep(30)
  expect(at.reads).toBe(reads)
})
