import { expect, test } from 'vitest'
import { sumUndoable } from '../../src/collection/undoable.ts'
import type { TrashEntry } from '../../src/expiry/trash.ts'
import { undoSettingsAt } from '../../src/expiry/undo.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-27T12:00:00Z')
const digest = (letter: string) => `sha256:${letter.repeat(64)}`

const entry = (name: string, daysAgo: number, more: Partial<TrashEntry> = {}): TrashEntry => ({
  ...{ at: new Date(NOW - daysAgo * DAY).toISOString(), run: 'r', policy: 'p', registry: 'ci' },
  ...{ project: 'ci/team/app', repository: 'team/app', digest: digest(name), tags: [], verdict: 'delete' },
  ...{ rule: 'r', reason: 'old', mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  manifest: Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digest('c'), size: 10 },
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar', digest: digest('d'), size: 100 }],
    }),
  ).toString('base64'),
  ...more,
})

const readerOf = (entries: TrashEntry[]) => ({
  async list(_: object, { limit, after }: { limit: number; after?: string | undefined }) {
    const from = after === undefined ? 0 : entries.findIndex((one) => one.digest === after) + 1
    return entries.slice(from, from + limit)
  },
  positionOf: (place: { digest: string }) => place.digest,
})

const settings = { gc: { timeZone: 'UTC' }, trash: { keep: 30 * DAY } }
const candidates = ['a', 'c', 'd', 'e'].map((name) => ({ digest: digest(name), size: 100 }))
const sum = (entries: TrashEntry[], own: object = settings) =>
  sumUndoable(
    { reader: readerOf(entries), settings: own as typeof settings, now: NOW },
    { registry: 'ci', candidates },
  )

test('what expiry promised to bring back is counted, with what only undo needs', async () => {
  // The layers of both are the same, and the manifest of b is no candidate: it is named elsewhere.
  expect(await sum([entry('a', 1), entry('b', 2)])).toEqual({ images: 2, bytes: 300, until: NOW + 29 * DAY })
})

test.for([
  ['the trash has forgotten it', entry('a', 31)],
  ['it was brought back', entry('a', 1, { restoredAt: new Date(NOW).toISOString() })],
] as const)('not if %s', async ([, one]) => {
  expect(await sum([one])).toEqual({ images: 0, bytes: 0, until: 0 })
})

test('a collection at the time of the schedule breaks no promise; one in between does', async () => {
  const collections = new Map([['ci', { schedule: '0 12 * * *', timeZone: 'UTC' }]])
  const at = undoSettingsAt({ ...settings, collections }, 'ci')
  // It is 12 o'clock: what was deleted before it was promised until now.
  expect((await sum([entry('a', 0.5)], at)).images).toBe(0)
  expect(await sum([entry('a', -0.01)], at)).toMatchObject({ images: 1, until: NOW + DAY })
  expect(undoSettingsAt({ ...settings, collections }, 'other')).toMatchObject({ gc: { timeZone: 'UTC' } })
  expect(undoSettingsAt({ ...settings, collections }, 'other').gc).not.toHaveProperty('schedule')
})
