import { expect, test } from 'vitest'
import { lastDays, makeActionFacts } from '../../src/history/action-facts.ts'
import { growthSince } from '../../src/history/growth-since.ts'
import { EMPTY, type History, withSample } from '../../src/history/history.ts'
import { DAY_MS, NOTHING } from '../../src/history/sample.ts'

const DAY = 20_000
/** A sample at each of these hours after the beginning of DAY, of ten bytes for each hour. */
const historyAt = (...hours: number[]): History =>
  hours.reduce(
    (history, n) => withSample(history, DAY * 24 + n, { ...NOTHING, uniqueBytes: 5000 + 10 * n }),
    EMPTY,
  )
const push = (bytes: number, by: string) => ({
  bytes,
  push: {
    ...{ key: 'k', at: DAY * DAY_MS, repository: 'team/app', digest: 'sha256:1', tag: `t${bytes}`, by },
    ...{ ownBytes: 1, blobs: new Set<string>(), children: [] },
  },
})

test('growth is counted from the first sample since then: by hours for a week, by days before', () => {
  const since = (hour: number) => DAY * DAY_MS + hour * 3_600_000
  expect(growthSince(historyAt(0, 5, 30), since(3))).toEqual({
    bytes: 250,
    since: '2024-10-04T05:00:00.000Z',
  })
  expect(growthSince(historyAt(0, 20, 240), since(3))).toEqual({
    bytes: 2200,
    since: '2024-10-04T23:00:00.000Z',
  })
  expect(growthSince(historyAt(0), since(0))).toEqual({ bytes: 0, since: '2024-10-04T00:00:00.000Z' })
  expect(growthSince(historyAt(3), since(0))).toBeUndefined()
  expect(growthSince(EMPTY, since(0))).toBeUndefined()
})

test('the last days have a null where there is no sample', () => {
  expect(lastDays(historyAt(0, 48), DAY + 2, 4)).toEqual([null, 5000, null, 5480])
})

test('an alert gets the growth of seven days, three pushes and eight days; what is not known is left out', async () => {
  const asked: number[] = []
  const actionFacts = makeActionFacts({
    histories: { of: async (id) => (id === 'ci/new' ? EMPTY : historyAt(0, 24, 240)) },
    async readGrowth(id, since) {
      asked.push(since)
      const added = id === 'ci/new' ? [] : [push(9, 'bob'), push(8, ''), push(7, 'eve'), push(6, 'zoe')]
      return { added, isCut: false }
    },
    wouldFree: async (id) =>
      id === 'ci/new' ? undefined : { bytes: 5, images: 1, policies: ['old'], isExact: true },
  })
  const now = new Date((DAY + 10) * DAY_MS)
  expect(await actionFacts('ci/new', now)).toEqual({})
  const facts = await actionFacts('ci/app', now)
  expect(facts.pushes).toEqual([
    { image: 'team/app:t9', at: '2024-10-04T00:00:00.000Z', by: 'bob', bytes: 9 },
    { image: 'team/app:t8', at: '2024-10-04T00:00:00.000Z', bytes: 8 },
    { image: 'team/app:t7', at: '2024-10-04T00:00:00.000Z', by: 'eve', bytes: 7 },
  ])
  expect(facts.history).toEqual([null, null, null, null, null, null, null, 7400])
  expect(facts).not.toHaveProperty('growth')
  expect(facts.frees).toEqual({ bytes: 5, images: 1, policies: ['old'], isExact: true })
  expect(asked).toEqual([now.getTime() - 7 * DAY_MS, now.getTime() - 7 * DAY_MS])
})
