import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { projectSubject } from '../../src/queue/quota-subject.ts'
import { makeAdmit } from '../../src/quota/admission.ts'
import { keepOverQuotas, type Over, type OverQuotas } from '../../src/quota/over-quotas.ts'
import { groupSubject } from '../../src/quota/quotas.ts'

let kept: OverQuotas | undefined
afterEach(() => kept?.close())

/** Flags that a test changes, and a clock that it moves, in ms. */
function bed() {
  const over: Over[] = []
  const at = { now: 0, reads: 0, isAway: false }
  kept = keepOverQuotas({
    async read() {
      at.reads += 1
      if (at.isAway) throw new Error('Redis is away')
      return [...over]
    },
    log: { debug() {} },
    now: () => at.now,
    pauseMs: 5,
  })
  const overQuotas = kept
  const push = (failOpen: boolean, repository = 'team/app') =>
    makeAdmit({
      ...{ overQuotas, failOpen, projectOf: (_, name) => name },
      subjectsOf: (project) => [
        projectSubject(project),
        ...(project.startsWith('ci/team/') ? [groupSubject({ group: 'platform' })] : []),
      ],
    })({ registry: 'ci', method: 'PUT', uri: `/v2/${repository}/manifests/v1` }).is
  const nextRead = async () => {
    const { reads } = at
    // The second read from here began after what the test has set.
    await eventually(
      async () => at.reads,
      (now) => now > reads + 1,
    )
  }
  return { at, over, push, nextRead, overQuotas }
}

test('only a push to a project that is over is refused, and only as long as it is', async () => {
  const { over, push, nextRead } = bed()
  over.push({ ...projectSubject('ci/team/app'), since: '2026-11-27T06:00:00.000Z' })
  await nextRead()
  expect([push(true), push(true, 'team/none')]).toEqual(['refused', 'admitted'])
  over.pop()
  await nextRead()
  expect(push(true)).toBe('admitted')
})

test('a push to a project whose group is over is refused, and to others not', async () => {
  const { over, push, nextRead } = bed()
  over.push({ ...groupSubject({ group: 'platform' }), since: null })
  await nextRead()
  expect([push(true), push(true, 'team/none'), push(true, 'others/app')]).toEqual([
    ...['refused', 'refused', 'admitted'],
  ])
})

test('what was read counts for half a minute; then nobody knows, until it is read again', async () => {
  const { at, over, push, nextRead } = bed()
  over.push({ ...projectSubject('ci/team/app'), since: '2026-11-27T06:00:00.000Z' })
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
  const { at, nextRead, overQuotas } = bed()
  await nextRead()
  await overQuotas.close()
  const { reads } = at
  await sleep(30)
  expect(at.reads).toBe(reads)
})
