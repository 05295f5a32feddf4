import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CollectionStopped, type ConductDeps, conduct } from '../../src/collection/conduct.ts'
import { newRun } from '../../src/collection/runs.ts'
import { makeSurvey, type Survey } from '../../src/space/survey.ts'

const EMPTY: Survey = makeSurvey({ projectOf: () => 'p' }).result()
const never = () => new Promise<never>(() => {})

/** Runs a collection of a registry whose storage and hooks do as `given`. */
function begin(given: Partial<ConductDeps> = {}) {
  const stop = new AbortController()
  const called: string[] = []
  const step = (name: string) => async () => {
    called.push(name)
    return ''
  }
  const run = newRun({ registry: 'ci', mode: 'conduct', dryRun: false, force: false, by: 'ann' }, Date.now())
  const ended = conduct(run, {
    ...{ hold: { on: step('on'), off: step('off') }, collect: step('collect'), flushCache: step('flush') },
    survey: async () => EMPTY,
    uploads: async () => [],
    facts: async () => ({ isCache: false, storage: [], undoable: { images: 0, bytes: 0, until: 0 } }),
    limits: { maxPause: 60_000, idle: 0, patience: 0 },
    ...{ save: async () => {}, onPhase: async () => {}, onError: () => {} },
    ...{ signal: stop.signal, now: Date.now, clock: () => performance.now() },
    sleep: (ms, signal) => sleep(Math.min(ms, 5), undefined, signal && { signal }),
    ...given,
  })
  return {
    ...{ run, ended, called },
    async stopIn(phase: string) {
      while (run.phase !== phase) await sleep(5)
      stop.abort(new CollectionStopped('ann stopped it'))
      return ended
    },
  }
}

test.each([
  ['survey', { survey: never }, []],
  ['check', { facts: never }, []],
  ['drain', { uploads: looksOnce() }, ['on', 'off']],
] as const)(
  'stopped while a store does not answer in %s, it ends, and lets writes in',
  async (phase, given, calls) => {
    const { stopIn, called } = begin(given as Partial<ConductDeps>)
    expect(await stopIn(phase)).toMatchObject({ outcome: 'stopped', phase: 'ended', isHeld: false })
    expect(called).toEqual(calls)
  },
)

test('stopped in the survey after it, it is done, and the numbers are missing', async () => {
  let surveys = 0
  const { stopIn } = begin({ survey: async () => (surveys++ === 0 ? EMPTY : never()) })
  expect(await stopIn('compare')).toMatchObject({ outcome: 'done', freed: null })
})

test('a store that does not answer makes no pause longer than maxPause', async () => {
  const { ended, called } = begin({
    uploads: looksOnce(),
    limits: { maxPause: 500, idle: 0, patience: 0 },
  })
  expect(await ended).toMatchObject({ outcome: 'failed', error: 'drain: the pause has reached maxPause' })
  expect(called).toEqual(['on', 'off'])
})

/** Looks at uploads before the pause, and does not come back in it. */
function looksOnce(): () => Promise<[]> {
  let looks = 0
  return async () => (looks++ === 0 ? [] : never())
}
