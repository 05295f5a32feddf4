import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { DAY, DAY_MS, digest, indexed, NOW } from '../../lab/images.ts'
import { type Keep, protectionByKeeps } from '../../src/expiry/keep.ts'
import { makeKeeps } from '../../src/expiry/keeps.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

let root: string
let folder: string
let tests = 0
let now = NOW
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tallyman-keeps-'))
})
beforeEach(() => {
  folder = join(root, `${++tests}`)
  now = NOW
})
afterAll(() => rm(root, { recursive: true }))

const open = () => makeKeeps({ store: makeFolderStore({ path: folder }), now: () => now })
const wanted = (image: string) => ({ image, by: null, why: null })
const images = async (keeps: ReturnType<typeof open>) => (await keeps.list()).map(({ image }) => image)

const image = indexed('a', { tags: { v1: NOW, v2: NOW } })

/** Why the image of these tests is kept. */
const reasonBy = (...keeps: Partial<Keep>[]) =>
  protectionByKeeps(
    'ci',
    keeps.map((keep) => ({ id: '', image: '', since: '', until: null, by: null, why: null, ...keep })),
  )(image)

test.each<[Partial<Keep>, string | undefined]>([
  [{ image: 'ci/team/app:v1' }, 'its tag v1 is kept'],
  [
    { image: 'ci/team/app:v2', by: 'alice', until: '2026-12-01T00:00:00.000Z', why: 'the audit' },
    'its tag v2 is kept by alice until 2026-12-01T00:00:00.000Z: the audit',
  ],
  [{ image: `ci/team/app@${digest('a')}`, why: 'a\u202eb\n' }, 'it is kept: a\\u{202e}b\\u{a}'],
  [{ image: 'ci/team/app:v3' }, undefined],
  [{ image: 'ci/team:v1' }, undefined],
  [{ image: 'other/team/app:v1' }, undefined],
  [{ image: `ci/team/web@${digest('a')}` }, undefined],
  [{ image: `ci/team/app@${digest('b')}` }, undefined],
])('%j: %s', (keep, reason) => {
  expect(reasonBy(keep)).toBe(reason)
})

test('of several keeps of an image the one that ends last gives the reason', () => {
  const [early, late] = ['2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']
  const of = (until: string | null) => ({ image: 'ci/team/app:v1', until })
  expect(reasonBy(of(late), of(early))).toBe(`its tag v1 is kept until ${late}`)
  expect(reasonBy(of(null), of(late))).toBe('its tag v1 is kept')
})

test('keeps are in the order in which they were set, and gone once they were removed', async () => {
  const keeps = open()
  expect(await keeps.list()).toEqual([])
  const first = await keeps.add(wanted('ci/a:1'), undefined)
  now += 1_000_000
  await keeps.add({ ...wanted('ci/b:1'), by: 'bob', why: 'because' }, DAY_MS)
  expect(await keeps.list()).toEqual([
    { ...first, image: 'ci/a:1', until: null },
    expect.objectContaining({
      ...{ image: 'ci/b:1', by: 'bob', why: 'because', since: new Date(now / 1000).toISOString() },
      until: new Date(now / 1000 + DAY_MS).toISOString(),
    }),
  ])
  expect(await keeps.remove(first.id)).toBe(true)
  expect(await images(keeps)).toEqual(['ci/b:1'])
  expect(await keeps.remove(first.id)).toBe(false)
})

test('another process sees what was set and what was removed', async () => {
  const [one, other] = [open(), open()]
  const { id } = await one.add(wanted('ci/a:1'), undefined)
  expect(await images(other)).toEqual(['ci/a:1'])
  await one.remove(id)
  expect(await images(other)).toEqual([])
  await one.add(wanted('ci/a:2'), undefined)
  expect(await images(other)).toEqual(['ci/a:2'])
})

test('a keep ends, and is forgotten a day later', async () => {
  const keeps = open()
  const { id } = await keeps.add(wanted('ci/team/app:v1'), DAY_MS)
  const reason = async () => (await open().findProtections('ci'))(image)
  now += DAY - 1_000
  expect(await reason()).toMatch(/^its tag v1 is kept until /)
  now += 1_000
  expect(await keeps.list()).toEqual([])
  expect(await reason()).toBeUndefined()
  await keeps.add(wanted('ci/other:v1'), undefined)
  expect(await makeFolderStore({ path: folder }).head(`expiry-keeps/${id}/keep.json`)).toBeDefined()
  now += DAY
  await keeps.add(wanted('ci/other:v1'), undefined)
  expect(await makeFolderStore({ path: folder }).head(`expiry-keeps/${id}/keep.json`)).toBeUndefined()
})

test('what cannot be read is an error, so that nothing expires by what is not known', async () => {
  const keeps = open()
  const { id } = await keeps.add(wanted('ci/a:1'), undefined)
  for (const body of ['{', '{}', 'null']) {
    const store = makeFolderStore({ path: folder })
    await store.put(`expiry-keeps/${id}/keep.json`, body)
    await expect(open().findProtections('ci')).rejects.toThrow(
      `expiry-keeps/${id}/keep.json of the store cannot be read`,
    )
  }
  // It can be removed nevertheless.
  expect(await open().remove(id)).toBe(true)
  expect(await open().list()).toEqual([])
})
