import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { handHooks, releaseByHand } from '../../src/collection/by-hand.ts'
import type { CollectionRun } from '../../src/collection/collection-run.ts'
import { makeCollector } from '../../src/collection/collector.ts'
import { makeHold } from '../../src/collection/hold.ts'
import { makeCollectionRuns, newRun } from '../../src/collection/runs.ts'
import type { Writability } from '../../src/collection/writability.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'tallyman-by-hand-'))
})
afterEach(() => rm(path, { recursive: true, force: true }))

const asked = { registry: 'ci', mode: 'conduct', dryRun: false, force: false, by: 'ann' } as const

/** Collections of a registry whose hooks were taken out of the configuration. `looks`: whether it takes writes, look by look. */
function makeBed(looks: Writability[]) {
  const fail = (error: unknown) => {
    throw error
  }
  const store = makeFolderStore({ path })
  const runs = makeCollectionRuns({
    ...{ store, keepMs: 86_400_000, now: Date.now, onUnreadable: (_, error) => fail(error), onError: fail },
  })
  const lease = {
    ...{ signal: new AbortController().signal, requireOurs: async () => {}, release: async () => {} },
  }
  const stuck: string[] = []
  const ended: CollectionRun[] = []
  const closing = new AbortController().signal
  const look = async () => looks.shift() ?? ({ kind: 'writable' } as const)
  const collector = makeCollector({
    ...{ runs, place: '', closing, now: Date.now, conductorOf: () => undefined },
    leases: { isTaken: async () => false, take: async () => lease },
    releaserOf: () => (run, context) =>
      releaseByHand(run, {
        ...{ save: context.save, now: Date.now },
        hold: makeHold({
          ...{ run, runs, lease, look, closing, clock: Date.now, sleep: async () => {}, lateMs: 0 },
          hooks: handHooks('ci', look),
          onStuck: async (why) => void stuck.push(why),
          ...{ onFreed: async () => {}, onError: fail },
        }),
      }),
    onEnded: async (run) => void ended.push(structuredClone(run)),
    log: { info() {}, warn() {}, error() {} } as unknown as Parameters<typeof makeCollector>[0]['log'],
  })
  return { runs, collector, stuck, ended }
}

test('a hold whose hooks are not configured any more ends once a person has let writes in, and is told until then', async () => {
  const { runs, collector, stuck, ended } = makeBed([
    { kind: 'readOnly' },
    { kind: 'unknown', why: 'no repository of it is known' },
  ])
  const run = { ...newRun(asked, Date.now()), phase: 'collect', isHeld: true, hasCollected: true }
  run.phases.push({ phase: 'collect', at: new Date().toISOString(), tookMs: null })
  await runs.save(run)
  await runs.hold(run)
  expect(await runs.held()).toEqual(['ci'])
  await collector.sweep('ci')
  expect(stuck).toHaveLength(2)
  for (const why of stuck) expect(why).toContain('its hooks are not configured any more')
  expect(stuck[1]).toContain('no repository of it is known')
  expect(await runs.held()).toEqual([])
  expect(await runs.get('ci', run.id)).toMatchObject({
    ...{ phase: 'ended', isHeld: false, outcome: 'interrupted', error: 'Tallyman died during collect' },
    endedAt: expect.any(String),
  })
  expect(ended).toHaveLength(1)
  await collector.sweep('ci')
  expect(ended).toHaveLength(1)
})

test('a collection that waits while its hooks are taken out of the configuration fails, and does not wait for ever', async () => {
  const { runs, collector, ended } = makeBed([])
  const run = newRun(asked, Date.now())
  await runs.save(run)
  const task = { asked, id: run.id, at: Date.now(), onPhase: async () => {}, stopOf: async () => undefined }
  await collector.process(task)
  expect(await runs.get('ci', run.id)).toMatchObject({
    ...{ phase: 'ended', outcome: 'failed', endedAt: expect.any(String) },
    error: 'what a collection in the mode conduct needs is not configured any more',
  })
  expect(ended).toHaveLength(1)
})
