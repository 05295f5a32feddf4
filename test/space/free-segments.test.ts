import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makeSurveys } from '../../src/space/surveys.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import type { HiddenObject } from '../../src/storage/storage.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

const HOUR = 3_600_000
let path: string
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'tallyman-segments-'))
  await mkdir(join(path, 'registry'))
})
afterEach(() => rm(path, { recursive: true, force: true }))

/** A registry on Swift that has segments which no object uses. */
function makeBed({ may = true, fails = false } = {}) {
  let now = Date.parse('2026-11-27T00:00:00Z')
  const left = new Set(['segments/a/1', 'segments/a/2'])
  const asked: { keys: string[]; before: Date }[] = []
  const errors: unknown[] = []
  const storage = {
    ...makeFolderStorage({ path: join(path, 'registry') }),
    async *hidden(): AsyncGenerator<HiddenObject> {
      for (const key of left) yield { kind: 'segment', key, size: 100, modifiedAt: new Date(0) }
    },
    async freeSegments(keys: Iterable<string>, before: Date) {
      const given = [...keys]
      asked.push({ keys: given, before })
      if (fails) throw new Error('the container keeps old versions')
      for (const key of given) left.delete(key)
      return { objects: given.length, bytes: 100 * given.length }
    },
  }
  const freed: object[] = []
  const surveys = makeSurveys({
    ...{ store: makeFolderStore({ path: join(path, 'store') }), storageOf: () => storage, now: () => now },
    ...{ projectIdOf: ({ repository }) => repository, trashMsOf: () => 0, isCollecting: async () => false },
    maySegmentsGo: () => may,
    onSegmentsFreed: (_, what) => void freed.push(what),
    onError: (_, error) => void errors.push(error),
  })
  return {
    ...{ left, asked, freed, errors },
    async surveyAfter(hours: number) {
      now += hours * HOUR
      return (await surveys.survey('ci')).report
    },
  }
}

it('segments that no object uses go once two surveys, hours apart, have seen them', async () => {
  const { surveyAfter, asked, left, freed } = makeBed()
  expect((await surveyAfter(0)).parts.segment).toEqual({ objects: 2, bytes: 200 })
  left.add('segments/b/1')
  // Frequent surveys put it off for no longer.
  for (let n = 0; n < 3; n++) await surveyAfter(1)
  expect(asked).toEqual([])
  await surveyAfter(1)
  // What the first survey had not seen waits; and all are a day old at least.
  expect(asked).toEqual([
    { keys: ['segments/a/1', 'segments/a/2'], before: new Date('2026-11-26T04:00:00Z') },
  ])
  expect(freed).toEqual([{ objects: 2, bytes: 200 }])
  await surveyAfter(4)
  expect([...left]).toEqual([])
  expect((await surveyAfter(4)).parts.segment).toEqual({ objects: 0, bytes: 0 })
})

it('where Tallyman does not collect, none is touched', async () => {
  const { surveyAfter, asked } = makeBed({ may: false })
  for (let n = 0; n < 3; n++) await surveyAfter(24)
  expect(asked).toEqual([])
})

it('a store that refuses fails no survey', async () => {
  const { surveyAfter, errors } = makeBed({ fails: true })
  await surveyAfter(0)
  expect((await surveyAfter(5)).parts.segment.objects).toBe(2)
  expect(errors).toHaveLength(1)
})
