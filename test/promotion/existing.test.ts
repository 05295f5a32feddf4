import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LabImage, makeImage, makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { ADMIN_TOKEN, eventually } from '../../lab/tallyman.ts'
import { makeExisting } from '../../src/promotion/existing.ts'
import type { ExistingImage, ExistingTotal } from '../../src/promotion/existing-lines.ts'
import { makeMatch } from '../../src/promotion/match.ts'
import type { PromotionRule } from '../../src/promotion/rule.ts'
import { tallyman } from '../cli/cli-bed.ts'
import { type Bed, startBed } from './requests-bed.ts'

/** What was there before a rule, between two real registries. */
let bed: Bed
const layered = (seed: string, architecture = 'amd64') =>
  makeImage({
    layers: [
      { seed: 'base', bytes: 50_000 },
      { seed, bytes: 20_000 },
    ],
    architecture,
    label: seed,
  })
const [one, two, three] = [layered('one'), layered('two'), layered('three')]
const both = makeIndex([
  { image: layered('both'), architecture: 'amd64' },
  { image: layered('both arm', 'arm64'), architecture: 'arm64' },
])
const pushed = layered('pushed')

const push = async (repository: string, tag: string, image: LabImage) =>
  pushImage(bed.source, repository, tag, image)
async function indexed() {
  await bed.ci.untilDelivered()
  await bed.tallyman.untilDone('events')
}
beforeAll(async () => {
  bed = await startBed()
  await push('old/a/app', 'v1', one)
  await push('old/a/app', 'v2', two)
  await push('old/a/app', 'latest', two)
  await push('old/b/web', 'v1', both)
  await indexed()
})
afterAll(() => bed?.close())

const run = (...argv: string[]) =>
  tallyman({ TALLYMAN_TOKEN: ADMIN_TOKEN }, 'promote', '--existing', ...argv, '--url', bed.url)
const json = async (...argv: string[]): Promise<{ images: ExistingImage[]; total: ExistingTotal }> =>
  JSON.parse((await run(...argv, '--output', 'json')).out)
/** Bytes of all blobs of these images, each once, but for those of others. */
const bytesOf = (images: LabImage[], but: LabImage[] = []) => {
  const blobs = new Map(images.flatMap((image) => [...image.blobs]))
  for (const digest of but.flatMap((image) => [...image.blobs.keys()])) blobs.delete(digest)
  return [...blobs.values()].reduce((sum, bytes) => sum + bytes.length, 0)
}
const statesOf = (images: readonly ExistingImage[]) =>
  images.map(({ image, target, state }) => [image, target, state])

const rows = (state: string) => [
  ['ci/old/a/app:v1', 'production/moved/old/a/app:v1', state],
  ['ci/old/a/app:v2', 'production/moved/old/a/app:v2', state],
  ['ci/old/b/web:v1', 'production/moved/old/b/web:v1', state],
]

test('a dry run tells what would be sent, and asks for nothing; then all arrives, once', async () => {
  const planned = await json('moves', '--dry-run')
  expect(statesOf(planned.images)).toEqual(rows('absent'))
  expect(planned.images.map(({ bytes }) => bytes)).toEqual([bytesOf([one]), bytesOf([two]), bytesOf([both])])
  expect(planned.total).toEqual({
    ...{ images: 3, bytes: bytesOf([one, two, both]), uncertain: 0, more: false },
  })
  const { status, out, err } = await run('moves', '--dry-run')
  expect([status, err]).toEqual([0, expect.stringMatching(/^images 3: absent 3; to send [\d.]+ KiB\n$/)])
  expect(out).toMatch(/^AT TARGET +SIZE +FROM +TO +DIGEST\nabsent +/)
  for (const { promotion } of planned.images)
    expect((await bed.get(`/v1/promotions/${promotion}`)).status).toBe(404)

  const asked = await json('moves')
  expect(statesOf(asked.images)).toEqual(rows('asked'))
  expect(asked.images.map(({ promotion }) => promotion)).toEqual(
    planned.images.map(({ promotion }) => promotion),
  )
  let sent = 0
  for (const { promotion } of asked.images) {
    const { receipt } = await bed.until(promotion, 'promoted', 'failed', 'dropped')
    sent += receipt?.blobs.sent.bytes ?? 0
  }
  // What a dry run tells is what is sent.
  expect(sent).toBe(planned.total.bytes)
  expect((await bed.target.headManifest('moved/old/b/web', 'v1'))?.digest).toBe(both.root.digest)
  expect(await bed.target.headManifest('moved/old/a/app', 'latest')).toBeUndefined()

  expect(statesOf((await json('moves')).images)).toEqual(rows('promoted'))
  expect((await bed.get('/v1/promotions')).body.promotions).toHaveLength(3)
  const after = await json('moves', '--dry-run')
  expect([statesOf(after.images), after.total.bytes]).toEqual([rows('arrived'), 0])
})

test('what images of the list have at the target is not counted', async () => {
  await push('old/a/app', 'v3', three)
  await push('old/a/app', 'v4', two)
  // Somebody moves a tag: by `overwrite: never` it is refused.
  await push('old/a/app', 'v1', layered('another'))
  await indexed()
  const { images, total } = await json('moves', '--dry-run')
  expect(images.map(({ image, state }) => `${image} ${state}`)).toEqual([
    ...['ci/old/a/app:v1 differs', 'ci/old/a/app:v2 arrived', 'ci/old/a/app:v3 absent'],
    ...['ci/old/a/app:v4 present', 'ci/old/b/web:v1 arrived'],
  ])
  expect(total.bytes).toBe(bytesOf([three], [two]))
})

test('what a push has promoted is the same promotion', async () => {
  await push('pushed/app', 'v1', pushed)
  const receipts = async () =>
    (await bed.get('/v1/promotions')).body.promotions as { id: string; rule: string }[]
  const [receipt] = await eventually(
    async () => (await receipts()).filter(({ rule }) => rule === 'pushes'),
    (found) => found.length === 1,
  )
  await bed.until(receipt?.id ?? '', 'promoted')
  const { images } = await json('pushes')
  expect(images).toMatchObject([{ state: 'promoted', promotion: receipt?.id, digest: pushed.root.digest }])
})

test('a list that cannot be made says why', async () => {
  const none = await run('none')
  expect([none.status, none.err]).toEqual([
    6,
    expect.stringContaining('404 no rule "none"; configured: releases, gated, one, two, moves, pushes'),
  ])
  expect((await run('moves', '--to', 'production')).status).toBe(2)
  expect((await tallyman({}, 'promote', 'ci/a:v1', '--to', 'production', '--dry-run')).status).toBe(2)
})

describe('with an index of its own', () => {
  const rule = {
    name: 'r',
    from: { registry: 'ci', repository: '**', tag: { glob: '*' } },
    to: { registry: 'production', repository: '{repository}', tag: '{tag}' },
  } as PromotionRule
  const tags = ['v1', `sha256-${'a'.repeat(64)}.sig`]
  const digest = `sha256:${'a'.repeat(64)}`
  const added: string[] = []
  let last:
    | { from: { registry: string; repository: string }; digest: string; rolledBack?: string }
    | undefined
  const existing = (waiting: number, tagged?: string) =>
    makeExisting({
      queues: {
        promotion: {
          count: async () => waiting,
          add: async (_: string, __: unknown, { priority }: { priority: number }) =>
            void added.push(`${priority}`),
        },
      } as never,
      index: {
        projects: async () => ['ci/app'],
        repositories: async () => ['app'],
        images: async () =>
          [
            {
              digest,
              isResolved: true,
              references: [],
              tags: tags.map((name) => ({ name, age: { at: 1 } })),
            },
          ] as never,
        tag: async () => undefined,
      },
      clientOf: () => ({
        headManifest: async () =>
          tagged === undefined ? undefined : { digest: tagged, mediaType: 'a/b', size: 2 },
      }),
      targets: {
        last: async () => last && { ...last, promotion: 'p', pushedAt: 1 },
      },
      find: async () => undefined,
      rules: () => [rule],
      match: makeMatch([rule], ({ repository }) => repository),
      mostWaiting: 5,
    })

  test('no more is asked for while many wait', async () => {
    expect(await Array.fromAsync(existing(5).ask('r', 'test'))).toEqual([{ images: 0, more: true }])
    expect(added).toEqual([])
  })

  test('tags of signatures are no images, and all others go before', async () => {
    const lines = await Array.fromAsync(existing(4).ask('r', 'test'))
    expect(lines).toMatchObject([
      { image: 'ci/app:v1', state: 'asked' },
      { images: 1, more: false },
    ])
    expect(added).toEqual(['10'])
  })

  test('what was rolled back is not brought back', async () => {
    added.length = 0
    const from = { registry: 'ci', repository: 'app' }
    last = { from, digest: `sha256:${'b'.repeat(64)}`, rolledBack: digest }
    const lines = await Array.fromAsync(existing(4).ask('r', 'test'))
    last = undefined
    expect(lines).toMatchObject([{ image: 'ci/app:v1', state: 'rolledBack' }, { images: 1 }])
    expect(added).toEqual([])
  })

  test.each([
    ['is already there if it was promoted there', 'app', 'arrived'],
    ['is asked for if it came from elsewhere', 'other', 'asked'],
  ])('an image without a receipt whose tag at the target names it %s', async (_, repository, state) => {
    added.length = 0
    last = { from: { registry: 'ci', repository }, digest }
    const lines = await Array.fromAsync(existing(4, digest).ask('r', 'test'))
    last = undefined
    expect(lines).toMatchObject([{ image: 'ci/app:v1', state }, { images: 1 }])
    expect(added).toHaveLength(state === 'asked' ? 1 : 0)
  })
})
