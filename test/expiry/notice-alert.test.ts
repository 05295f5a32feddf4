import { expect, test } from 'vitest'
import { doneAlert, noticeAlert } from '../../src/expiry/notice-alert.ts'
import { undoOf, undoText, undoUntil } from '../../src/expiry/undo.ts'

const run = { id: 'r1', at: '2026-11-26T10:00:00.000Z', policy: 'branches' }
const UNTIL = '2026-11-29T10:00:00.000Z'
const labels = (count: number) => Array.from({ length: count }, (_, n) => `team/app:pr-${n + 1}`)
const lotOf = (count: number, bytes: number) => ({ labels: labels(count), images: count, tags: 0, bytes })
const MiB = 1024 ** 2

test('a notice says how many images, single tags and bytes, some names, until when, and how an image is rescued', () => {
  const lot = { labels: labels(7), images: 9, tags: 1, bytes: 3 * MiB }
  expect(noticeAlert(run, 'ci/team/app', lot, UNTIL)).toEqual({
    id: expect.stringMatching(/^[\w-]+$/),
    ...{ at: run.at, registry: 'ci', project: 'team/app', event: 'expiry.notice', policy: 'branches' },
    ...{ images: 9, tags: 1, bytes: 3 * MiB, examples: labels(5), until: UNTIL },
    text:
      'ci/team/app: 9 images and 1 single tag (3.0 MiB) will expire, at 2026-11-29T10:00:00.000Z at the earliest, by the policy ' +
      '"branches": team/app:pr-1, team/app:pr-2, team/app:pr-3, team/app:pr-4, team/app:pr-5 and 2 more. A pull or a ' +
      'push rescues an image until then, and so does: tallyman expiry keep ci/team/app:pr-1 --for 30d. The whole ' +
      'plan: tallyman expiry plan branches',
  })
})

test('the message afterwards says what went', () => {
  const alert = doneAlert(run, 'ci/team/app', lotOf(1, 512), 'Undo is safe.')
  expect(alert).toMatchObject({ event: 'expiry.done', images: 1, bytes: 512 })
  expect(alert.text).toBe(
    'ci/team/app: 1 image (512 B) expired, by the policy "branches": team/app:pr-1. Undo is safe.',
  )
  expect('until' in alert).toBe(false)
})

test('attempts of a run that say the same have the same id, others have not', () => {
  const lot = lotOf(1, 1)
  const ids = [
    noticeAlert(run, 'ci/a', lot, UNTIL),
    noticeAlert({ ...run, id: 'r2' }, 'ci/a', lot, UNTIL),
    noticeAlert(run, 'ci/b', lot, UNTIL),
    noticeAlert(run, 'ci/a', { ...lot, labels: ['other'] }, UNTIL),
    doneAlert(run, 'ci/a', lot, ''),
  ].map(({ id }) => id)
  expect(new Set(ids).size).toBe(5)
  expect(noticeAlert(run, 'ci/a', lot, UNTIL).id).toBe(ids[0])
})

const at = (text: string) => Date.parse(text)
const SINCE = at('2026-11-26T10:00:00Z') // a Thursday
const DAY_MS = 86_400_000

test.each([
  [{}, undefined],
  [{ schedule: '0 3 * * 0' }, '2026-11-29T03:00:00Z'],
  [{ schedule: '0 3 * * 0', timeZone: 'Europe/Berlin' }, '2026-11-29T02:00:00Z'],
  [{ schedule: '30 0 11 * * *' }, '2026-11-26T11:00:30Z'],
  [{ after: DAY_MS }, '2026-11-27T10:00:00Z'],
  [{ schedule: '0 3 * * *', after: DAY_MS }, '2026-11-27T03:00:00Z'],
  [{ schedule: '0 3 * * 0', after: DAY_MS }, '2026-11-27T10:00:00Z'],
])('with %j, what was deleted can be brought back until %s', (gc, until) => {
  const settings = { gc: { timeZone: 'UTC', ...gc }, trash: { keep: 30 * DAY_MS } }
  expect(undoUntil(settings, SINCE)).toBe(until === undefined ? undefined : at(until))
  const expected = until === undefined ? null : new Date(until).toISOString()
  expect(undoOf(settings, SINCE).until).toBe(expected)
})

test('undo ends with the entry in the trash, if the registry collects later', () => {
  const gc = { timeZone: 'UTC', schedule: '0 3 1 * *' }
  expect(undoOf({ gc, trash: { keep: DAY_MS } }, SINCE)).toEqual({
    until: '2026-11-27T10:00:00.000Z',
    text: 'undo is safe until 2026-11-27T10:00:00.000Z, when the trash forgets it: tallyman trash restore IMAGE',
  })
  expect(undoUntil({ gc, trash: { keep: 30 * DAY_MS } }, SINCE)).toBe(at('2026-12-01T03:00:00Z'))
})

test('the sentence says until when undo is safe, or that it may be too late', () => {
  const trash = { keep: 30 * DAY_MS }
  const gc = { gc: { timeZone: 'UTC', schedule: '0 11 * * *' }, trash }
  expect(undoText({ gc: { timeZone: 'UTC' }, trash }, SINCE, SINCE)).toBe(
    'Undo is safe until the registry collects its garbage, at the latest until 2026-12-26T10:00:00.000Z, when the trash forgets it: tallyman trash restore IMAGE',
  )
  expect(undoText(gc, SINCE, SINCE + 60_000)).toBe(
    'Undo is safe until 2026-11-26T11:00:00.000Z, when the registry collects its garbage: tallyman trash restore IMAGE',
  )
  // The run took two hours.
  expect(undoText(gc, SINCE, SINCE + 7_200_000)).toBe(
    'The registry may have collected its garbage at 2026-11-26T11:00:00.000Z; what it still has comes back by: tallyman trash restore IMAGE',
  )
})
