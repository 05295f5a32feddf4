import { expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { useExpiry } from './expire-bed.ts'

const bed = useExpiry()
const image = (seed: string) => makeImage({ layers: [{ seed, bytes: 500 }] })

test('a run that deletes nothing since a source cannot be read says so in its record and to chat, a dry run in its record only', async () => {
  const failure = 'it is not known what is protected (inUse): nomad cannot be read: it names no image'
  const { run, push, alerts } = bed.setUp({
    findProtections: async () => () => failure,
    failuresOf: async () => [failure],
  })
  await push('pr-1', image('1'), bed.repository)

  expect(await run('branches', true)).toMatchObject({ state: 'done', deletes: [], warnings: [failure] })
  expect(alerts).toEqual([])
  const record = await run('branches', false)
  expect(record).toMatchObject({ state: 'done', deletes: [], warnings: [failure] })
  expect(alerts[0]).toEqual({
    ...{ id: expect.any(String), at: record.at, registry: 'ci', event: 'expiry.blocked' },
    text: `ci: the expiry policy "branches" deletes nothing: ${failure}`,
  })
  // It is one a day: alerts of one id are sent once.
  expect(new Set(alerts.map(({ id }) => id)).size).toBe(1)
})

test('a source that fails while a run deletes is in its record', async () => {
  let asked = 0
  const { run, push, alerts } = bed.setUp({ failuresOf: async () => (++asked === 1 ? [] : ['it fails now']) })
  await push('pr-1', image('1'), bed.repository)
  expect(await run('branches', false)).toMatchObject({
    deletes: [{ outcome: 'deleted' }],
    warnings: ['it fails now'],
  })
  expect(alerts).toMatchObject([{ event: 'expiry.blocked' }])
})

test('every run tells until when undo is safe, as of its beginning', async () => {
  const { run, push } = bed.setUp({ trashKeepMs: 86_400_000 })
  await push('pr-1', image('1'), bed.repository)
  const { at, undo } = await run('branches', true)
  const forgotten = new Date(Date.parse(at) + 86_400_000).toISOString()
  expect(undo).toEqual({
    until: null,
    text: `undo is safe until the registry collects its garbage, at the latest until ${forgotten}, when the trash forgets it: tallyman trash restore IMAGE`,
  })
})
