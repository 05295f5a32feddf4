import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { sampleReceipt } from '../../lab/receipt.ts'
import { ADMIN_TOKEN, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { type TrashEntry, trashKey } from '../../src/expiry/trash.ts'
import { makeReceipts } from '../../src/promotion/receipts.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'

/** Nothing works on what is asked for, so that it stays. */
let service: LabTallyman
let storage: string
let store: ReturnType<typeof makeFolderStore>
beforeAll(async () => {
  storage = await mkdtemp(join(tmpdir(), 'tallyman-storage-'))
  const hook = { command: ['/bin/true'] }
  service = await startTallyman(
    {
      registries: {
        ci: {
          ...{ url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN, storage: { type: 'folder', path: storage } },
          gc: { hooks: { readOnlyOn: hook, collect: hook, readOnlyOff: hook } },
        },
        production: { url: 'http://127.0.0.1:2' },
      },
    },
    { queues: ['events'] },
  )
  store = makeFolderStore({ path: join(service.folder, 'store') })
})
afterEach(() => store.delete('collections-held/ci.json'))
afterAll(async () => {
  await service?.close()
  await rm(storage, { recursive: true, force: true })
})

async function ask(method: 'GET' | 'POST', url: string, payload?: object) {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const answer = await service.app.inject({ method, url, headers, ...(payload && { payload }) })
  return { status: answer.statusCode, body: answer.json() }
}
const collections = '/v1/registries/ci/collections'

test('of collections that are asked for at the same time, one is taken', async () => {
  const answers = await Promise.all(Array.from({ length: 5 }, () => ask('POST', collections, {})))
  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 409, 409, 409, 409])
  expect(answers.find(({ status }) => status === 409)?.body.detail).toBe(
    'a collection of "ci" is under way or waits already',
  )
  const { body } = await ask('GET', collections)
  expect(body.collections).toHaveLength(1)
  // A look changes nothing, so it is no matter how many there are.
  expect((await ask('POST', collections, { dryRun: true })).status).toBe(202)
})

const SINCE = Date.parse('2026-11-20T12:04:30Z')
const hold = (registry: string) =>
  store.put(`collections-held/${registry}.json`, JSON.stringify({ id: 'x', since: SINCE }))
const why = (registry: string) =>
  `"${registry}" is read-only since 2026-11-20 12:04 UTC, while its garbage is collected: ask again once that has ended (tallyman gc status ${registry})`

test('while a collection makes the registry read-only, a restore tells so, and tries nothing', async () => {
  const digest = `sha256:${'a'.repeat(64)}`
  const entry: TrashEntry = {
    ...{ project: 'ci/a', repository: 'a', digest, tags: ['v1'], bytes: 7 },
    ...{ verdict: 'delete', rule: null, reason: 'old', outcome: 'deleted' },
    ...{ at: '2026-11-20T10:00:00.000Z', run: 'r', policy: 'old', registry: 'ci', mediaType: 'x' },
    manifest: Buffer.from('{}').toString('base64'),
  }
  await store.put(trashKey(entry), JSON.stringify(entry))
  const restore = `/v1/trash/${encodeURIComponent(`ci/a@${digest}`)}/restore`
  expect(await ask('POST', restore)).toMatchObject({ status: 502 })
  await hold('ci')
  expect(await ask('POST', restore)).toMatchObject({ status: 409, body: { detail: why('ci') } })
})

test('a rollback does so, too', async () => {
  const receipts = makeReceipts({
    ...{ store, keepMs: Number.POSITIVE_INFINITY, now: () => 0, onUnreadable: () => {}, onError: () => {} },
    sign: () => ({ payload: 'e30=', payloadType: 'x', signatures: [] }),
  })
  await receipts.append(sampleReceipt({ id: 'receipt-1', at: '2026-11-20T10:00:00.000Z' }))
  await hold('production')
  expect(await ask('POST', '/v1/promotions/receipt-1/rollback')).toMatchObject({
    ...{ status: 409, body: { detail: why('production') } },
  })
  await store.delete('collections-held/production.json')
})

test.each(['{}', '{"id":"x","since":"long ago"}', 'null', '"', '{"since":1e99}'])(
  'a note of a hold that was written otherwise still says that the registry is held: %s',
  async (note) => {
    await store.put('collections-held/ci.json', note)
    const { status, body } = await ask('GET', '/v1/storage?registry=ci')
    expect([status, body.registries[0].heldSince]).toEqual([200, expect.any(String)])
  },
)

test('a parameter that is too long gets a problem as any other answer', async () => {
  const { status, body } = await ask('GET', `/v1/registries/${'x'.repeat(1_001)}/storage`)
  expect([status, body.detail, body.title]).toEqual([
    ...[414, 'a parameter of the path is longer than 1000 characters', 'URI Too Long'],
  ])
})
