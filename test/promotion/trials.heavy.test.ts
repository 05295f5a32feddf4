import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeImage, makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { eventually } from '../../lab/tallyman.ts'
import { digestAt, prepare, startTrials, type Trials } from './trials-bed.ts'

/** What people and programs do with tags at the source: production gets what was released, and nothing else. */
let trials: Trials

const SETTLE_MS = 3_000

beforeAll(async () => {
  const to = { registry: 'production', repository: 'released/{repository}' }
  trials = await startTrials({
    rules: [
      {
        name: 'settled',
        from: { registry: 'ci', repository: 'settled/**', tag: 'v*' },
        ...{ to, overwrite: 'newer', settle: `${SETTLE_MS}ms` },
      },
      {
        name: 'once',
        from: { registry: 'ci', repository: 'once/**', tag: 'v*' },
        ...{ to, settle: `${SETTLE_MS}ms` },
      },
      {
        name: 'at-once',
        from: { registry: 'ci', repository: 'at-once/**', tag: 'v*' },
        ...{ to, overwrite: 'newer', settle: '1ms' },
      },
      {
        name: 'by-name',
        from: { registry: 'ci', repository: '{team-a,team-b}/**', tag: 'v*' },
        to: { registry: 'production', repository: 'released/{name}' },
        ...{ overwrite: 'always', settle: '100ms' },
      },
    ],
  })
})
afterAll(() => trials?.close())

const NOT_YET = 'its tag does not name it yet'
const image = (seed: string, architecture = 'amd64') =>
  makeImage({ layers: [{ seed, bytes: 2_000 }], label: seed, architecture })
const inProduction = (repository: string, tag = 'v1') =>
  digestAt(trials.production.client, `released/${repository}`, tag)

test('a manifest that is put under a tag and deleted, as programs delete tags, is not released', async () => {
  const { client } = trials.ci
  /** Deletes the tag of a released image so. `gap`: how long the tag names the other manifest, in ms. */
  async function untag(gap: number) {
    const repository = `settled/placeholder-${gap}`
    const released = image(repository)
    await pushImage(client, repository, 'v1', released)
    await trials.ended(`${repository}/`)
    expect(await inProduction(repository)).toBe(released.root.digest)

    const dummy = image(`${repository} dummy`)
    const put = await prepare(client, repository, dummy)
    await put('v1')
    await sleep(gap)
    await client.deleteManifest(repository, dummy.root.digest)
    expect(await digestAt(client, repository, 'v1')).toBeUndefined()
    await trials.heard()
    await sleep(SETTLE_MS) // Before that, a promotion waits in any case.
    await eventually(
      () => trials.promotions(`${repository}/`),
      (all) => all.some(({ data, why }) => data.digest === dummy.root.digest && why === NOT_YET),
    )
    expect({ gap, digest: await inProduction(repository) }).toEqual({ gap, digest: released.root.digest })
    expect(await trials.receipts(`${repository}/`)).toHaveLength(1)
  }
  await Promise.all([0, 10, 30, 100].map(untag))
})

describe('of two pushes to one tag within 150 ms', () => {
  test('the younger is in production in the end, also where nothing waits for tags to settle', async () => {
    const { client } = trials.ci
    const tries = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const repository = `at-once/try-${n}`
        const [old, young] = [image(`${repository} old`), image(`${repository} young`)]
        const puts = await Promise.all([prepare(client, repository, old), prepare(client, repository, young)])
        return { repository, gap: n * 7.5, puts, digest: young.root.digest }
      }),
    )
    await Promise.all(
      tries.map(async ({ gap, puts: [putOld, putYoung] }) => {
        await putOld('v1')
        await sleep(gap)
        await putYoung('v1')
      }),
    )
    await trials.heard()
    await trials.ended('at-once/', 2 * tries.length)
    for (const { repository, gap, digest } of tries)
      expect({ gap, digest: await inProduction(repository) }).toEqual({ gap, digest })
  })

  test('the younger alone is released if the tag must settle, so a tag that is never moved has it', async () => {
    const { client } = trials.ci
    const [old, young] = [image('double old'), image('double young')]
    const putOld = await prepare(client, 'once/double', old)
    const putYoung = await prepare(client, 'once/double', young)
    await putOld('v1')
    await sleep(150)
    await putYoung('v1')
    await trials.heard()
    const ended = await trials.ended('once/double/', 2)
    expect(ended.map(({ state }) => state)).toEqual(['done', 'done'])
    const receipts = await trials.receipts('once/double/')
    expect(receipts.map(({ digest }) => digest)).toEqual([young.root.digest])
    expect(await inProduction('once/double')).toBe(young.root.digest)
  })
})

test('an index is released alone if the images of its platforms were pushed under its tag first', async () => {
  const { client } = trials.ci
  const platforms = ['amd64', 'arm64', 'riscv64'].map((architecture) => ({
    ...{ architecture, image: image('platforms', architecture) },
  }))
  const index = makeIndex(platforms)
  const puts = await Promise.all(platforms.map((platform) => prepare(client, 'once/multi', platform.image)))
  const putIndex = await prepare(client, 'once/multi', index)
  for (const put of [...puts, putIndex]) await put('v1')
  await trials.heard()
  const ended = await trials.ended('once/multi/', 4)
  expect(ended.map(({ state }) => state)).toEqual(Array(4).fill('done'))
  const receipts = await trials.receipts('once/multi/')
  expect(receipts.map(({ digest }) => digest)).toEqual([index.root.digest])
  expect(await inProduction('once/multi')).toBe(index.root.digest)
})

test('who holds the token of notifications releases nothing that the tag does not name, and holds up nothing', async () => {
  const { client } = trials.ci
  const repository = 'settled/forged'
  const [evil, honest] = [image('evil'), image('honest')]
  await pushImage(client, repository, 'mine', evil)
  const forge = (ahead: number) =>
    trials.tallyman.deliver({
      events: [
        {
          ...{
            id: crypto.randomUUID(),
            timestamp: new Date(Date.now() + ahead).toISOString(),
            action: 'push',
          },
          target: { ...evil.root, repository, tag: 'v1', references: [] },
        },
      ],
    })
  // Four minutes ahead is within what clocks may differ.
  for (const ahead of [0, 240_000]) expect(await forge(ahead)).toBe(202)
  await pushImage(client, repository, 'v1', honest)
  expect(await forge(0)).toBe(202)
  await trials.heard()
  const [receipt] = await eventually(
    () => trials.receipts(`${repository}/`),
    (all) => all.length > 0,
  )
  expect(receipt?.digest).toBe(honest.root.digest)
  const forged = await trials.promotions(`${repository}/`)
  expect(forged.filter(({ data }) => data.digest === evil.root.digest)).toHaveLength(3)
  await eventually(
    () => trials.promotions(`${repository}/`),
    (all) => all.every(({ data, why }) => data.digest === honest.root.digest || why === NOT_YET),
  )
  expect(await inProduction(repository)).toBe(honest.root.digest)
})

test('an image of another repository does not take the place of one that was released, and chat is told', async () => {
  const { client } = trials.ci
  const [own, other] = [image('own'), image('other')]
  await pushImage(client, 'team-a/app', 'v1', own)
  await trials.heard()
  await trials.ended('team-a/app/')
  await pushImage(client, 'team-b/team-a/app', 'v1', other)
  await trials.heard()
  const [refused] = await trials.ended('team-b/')
  expect(refused).toMatchObject({ state: 'failed', failedReason: expect.stringContaining('another source') })
  expect(await digestAt(trials.production.client, 'released/app', 'v1')).toBe(own.root.digest)
  await eventually(
    async () => trials.messages,
    (all) => all.some((text) => /ci\/team-b\/team-a\/app:v1@sha256:[0-9a-f]{64} was not promoted/.test(text)),
  )
})
