import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import {
  ADMIN_TOKEN,
  eventually,
  type LabTallyman,
  READ_TOKEN,
  startTallyman,
  WEBHOOK_TOKEN,
} from '../../lab/tallyman.ts'
import type { PromotionReceipt } from '../../src/promotion/receipt.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { tallyman } from './cli-bed.ts'

/** Two releases are promoted from one real registry to another; people look at the second and take it back. */
let ci: LabRegistry
let production: LabRegistry
let service: LabTallyman
let clients: { ci: RegistryClient; production: RegistryClient }
let url: string
let key: string
let otherKey: string
let first: PromotionReceipt
let second: PromotionReceipt

const REPOSITORY = 'team/app'
const TARGET = `production/${REPOSITORY}:v1`
const pairOf = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  ;[ci, production] = await Promise.all([
    startRegistry({ notify: { url: `${url}/v1/events`, token: WEBHOOK_TOKEN } }),
    startRegistry(),
  ])
  const pair = pairOf()
  service = await startTallyman({
    registries: { ci: { url: ci.url, token: WEBHOOK_TOKEN }, production: { url: production.url } },
    promotion: {
      receiptKey: pair.privateKey,
      rules: [
        {
          ...{ name: 'releases', overwrite: 'newer', settle: '1s', attachReceipt: true },
          from: { registry: 'ci', repository: REPOSITORY, tag: 'v*' },
          to: { registry: 'production' },
        },
      ],
    },
  })
  key = join(service.folder, 'key.pub')
  otherKey = join(service.folder, 'other.pub')
  await writeFile(key, pair.publicKey)
  await writeFile(otherKey, pairOf().publicKey)
  await service.app.listen({ port })
  clients = {
    ci: makeRegistryClient({ name: 'ci', url: ci.url }),
    production: makeRegistryClient({ name: 'production', url: production.url }),
  }
  first = await release('one')
  second = await release('two')
})
afterAll(async () => {
  for (const client of Object.values(clients ?? {})) await client.close()
  await service?.close()
  await Promise.all([ci?.close(), production?.close()])
})

async function release(label: string): Promise<PromotionReceipt> {
  const image = makeImage({ layers: [{ seed: label, bytes: 1_000 }], label })
  await pushImage(clients.ci, REPOSITORY, 'v1', image)
  const { promotions } = await eventually(
    () => service.get<{ promotions: PromotionReceipt[] }>('/v1/promotions'),
    ({ promotions }) => promotions[0]?.digest === image.root.digest,
  )
  await service.untilDone('promotion')
  return promotions[0] as PromotionReceipt
}

const runWith = (token: string, ...argv: string[]) =>
  tallyman({ TALLYMAN_TOKEN: token }, 'promotion', ...argv, '--url', url)
const run = (...argv: string[]) => runWith(READ_TOKEN, ...argv)

test('a receipt is shown', async () => {
  const { status, out } = await run('show', second.id)
  expect(status).toBe(0)
  expect(out).toContain(`to        ${TARGET}\n`)
  expect(out).toContain(
    `digest    ${second.digest}\nreplaced  ${first.digest}\nrule      releases\nby        push\n`,
  )
  expect(out).toContain(`manifest  ${second.digest}\n`)
  expect(JSON.parse((await run('show', second.id, '--output', 'json')).out)).toEqual(second)
  expect(await run('show', 'nobody')).toMatchObject({
    status: 6,
    err: expect.stringContaining('no promotion "nobody"'),
  })
})

test('a receipt is verified with its target, and without; the wrong key does not fit', async () => {
  expect(await run('verify', second.id, '--key', key)).toMatchObject({
    ...{ status: 0, err: expect.stringContaining('signed by the key') },
    out: expect.stringContaining(`digest    ${second.digest}\n`),
  })
  expect(await run('verify', second.id)).toMatchObject({
    status: 0,
    err: expect.stringMatching(/was not checked.*\nthe target is as the receipt says\n$/),
  })
  const wrong = await run('verify', second.id, '--key', otherKey)
  expect(wrong).toMatchObject({ status: 1, err: expect.stringContaining('has not signed it'), out: '' })

  const file = join(service.folder, 'receipt.json')
  await writeFile(file, JSON.stringify(await service.get(`/v1/promotions/${second.id}/envelope`)))
  const offline = (...argv: string[]) => tallyman({}, 'promotion', 'verify', file, ...argv)
  expect(await offline('--key', key, '--output', 'json')).toMatchObject({
    status: 0,
    out: expect.stringContaining(second.id),
  })
  expect(await offline('--key', otherKey)).toMatchObject({ status: 1, out: '' })
  expect(await offline('--key', file)).toMatchObject({
    status: 1,
    err: expect.stringContaining('one public key in PEM'),
  })
  expect(await offline()).toMatchObject({ status: 2, err: expect.stringContaining('needs --key') })
  expect(await run('verify', 'none.json')).toMatchObject({
    status: 1,
    err: expect.stringContaining('is no file'),
  })
  expect(await clients.production.referrers(REPOSITORY, second.digest ?? '')).toMatchObject([
    { artifactType: 'application/vnd.in-toto+json' },
  ])
})

test('the receipt of another promotion, which is signed as well, is not taken for that of this one', async () => {
  const store = makeFolderStore({ path: join(service.folder, 'store') })
  const kept = new Map<string, Buffer>()
  for await (const { key: at } of store.list('promotion'))
    if (at.endsWith('json') && !at.startsWith('promotion-targets'))
      kept.set(at, (await store.get(at)) as Buffer)
  const of = (id: string) => [...kept.keys()].filter((at) => at.includes(id)).sort()
  expect(of(first.id)).toHaveLength(2)
  for (const [n, at] of of(second.id).entries())
    await store.put(at, kept.get(of(first.id)[n] ?? '') as Buffer)
  const swapped = await run('verify', second.id, '--key', key)
  for (const [at, body] of kept) await store.put(at, body)
  expect(swapped).toMatchObject({ status: 1, out: expect.stringContaining(`is that of ${first.id}`) })
})

test('a promotion is rolled back by the admin; then what it wrote is not there any more', async () => {
  expect(await runWith(READ_TOKEN, 'rollback', second.id)).toMatchObject({
    status: 5,
    err: expect.stringContaining('403'),
  })
  expect(await runWith(ADMIN_TOKEN, 'rollback', first.id)).toMatchObject({
    ...{ status: 1, err: expect.stringContaining(`409 it cannot be rolled back: it is not the last one`) },
  })
  expect(await runWith(ADMIN_TOKEN, 'rollback', second.id)).toMatchObject({
    ...{ status: 0, out: `rolled back: ${TARGET} names ${first.digest} again\n` },
  })
  expect((await clients.production.headManifest(REPOSITORY, 'v1'))?.digest).toBe(first.digest)
  const { entries } = await service.get<{ entries: object[] }>('/v1/audit')
  const by = expect.stringMatching(/^admin token from /)
  expect(entries).toMatchObject([
    { ...{ action: 'promotion.rolledback', by, promotion: second.id, outcome: 'done' }, image: TARGET },
    { action: 'promotion.rolledback', promotion: first.id, outcome: 'refused', why: expect.any(String) },
  ])

  const { out } = await tallyman({ TALLYMAN_TOKEN: READ_TOKEN }, 'audit', '--url', url)
  expect(out).toMatch(new RegExp(` promotion\\.rolledback +${TARGET} +done\n`))
  expect(out).toMatch(new RegExp(` promotion\\.rolledback +${first.id} +refused, it cannot be rolled back`))

  const listed = await run('list', '--limit', '2')
  expect(listed.out).toMatch(/ KIND .*\n.* rollback .*\n.* promotion /)
  const { promotions } = await service.get<{ promotions: PromotionReceipt[] }>('/v1/promotions')
  const [undone] = promotions
  expect(undone).toMatchObject({ kind: 'rollback', rolledBack: second.id })
  expect(await run('verify', undone?.id ?? '', '--key', key)).toMatchObject({ status: 0 })
  const undoneText = `at ${undone?.at} by ${undone?.by}: the tag named ${first.digest} again (${undone?.id})`
  expect(await run('verify', second.id, '--key', key)).toMatchObject({
    status: 1,
    out: `rolled back ${undoneText}\n${TARGET} names ${first.digest}; after the promotion it named ${second.digest}\n`,
    err: expect.stringContaining('the target is not as the receipt says'),
  })
  expect((await run('show', second.id)).out).toContain(`rolled back  ${undoneText}\n`)
  const { id: rollback, at, by: who } = undone ?? {}
  expect(JSON.parse((await run('show', second.id, '--output', 'json')).out)).toEqual({
    ...second,
    rollback: { id: rollback, at, by: who, digest: first.digest },
  })
  await clients.production.deleteManifest(REPOSITORY, second.digest ?? '')
  expect((await run('verify', second.id)).out).toContain(`@${second.digest} is not there any more\n`)
  expect(await runWith(ADMIN_TOKEN, 'rollback', 'nobody')).toMatchObject({
    status: 6,
    err: expect.stringContaining('404'),
  })
})
