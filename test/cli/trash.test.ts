import { randomUUID } from 'node:crypto'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OCI_MANIFEST } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { skopeoPullAll } from '../../lab/skopeo.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN } from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { image, multiPlatform } from '../expiry/expire-bed.ts'
import { type ServiceBed, startServiceBed } from './service-bed.ts'

/** The loop: a policy deletes an old image, it is restored, and the registry's notifications make the index right. */
let bed: ServiceBed
/** Another process over the storage of `ci`, which sends no notifications. */
let silent: LabRegistry

const old = multiPlatform('old')
const other = image('other')
const REPOSITORY = 'team/app'
const DAY_MS = 86_400_000

beforeAll(async () => {
  silent = await startRegistry()
  const expiry = {
    policies: [
      {
        name: 'branches',
        match: { registry: 'ci' },
        mode: 'apply',
        rules: [{ tag: 'pr-*', olderThan: '1d', expire: true }],
      },
    ],
  }
  bed = await startServiceBed({ expiry }, `  filesystem: {rootdirectory: ${silent.storage}}`)
  const pusher = makeRegistryClient({ name: 'ci', url: silent.url })
  for (const [tag, pushed] of [
    ['pr-1', old],
    ['pr-2', other],
  ] as const) {
    await pushImage(pusher, REPOSITORY, tag, pushed)
    for (const [digest, { bytes, mediaType }] of pushed.manifests)
      await deliverOldPush({
        ...{ mediaType, digest, size: bytes.length, repository: REPOSITORY },
        ...(digest === pushed.root.digest && { tag }),
      })
  }
  await pusher.close()
  // Its first event has another instance than those before: a gap, which a reconcile closes.
  await bed.client.headManifest(REPOSITORY, 'pr-1')
  await bed.ci.untilDelivered()
  await bed.service.untilDone('events')
  await bed.service.reconcile('ci')
})
afterAll(async () => {
  await bed?.close()
  await silent?.close()
})

/** The event of a push two days ago. */
async function deliverOldPush(target: object): Promise<void> {
  const event = {
    id: randomUUID(),
    timestamp: new Date(Date.now() - 2 * DAY_MS).toISOString(),
    action: 'push',
    target: { ...target, url: 'http://ci/v2/' },
    request: { id: '1', addr: '127.0.0.1', host: 'ci', method: 'PUT', useragent: 'skopeo' },
    actor: {},
    source: { addr: 'ci:5000', instanceID: 'before' },
  }
  expect(await bed.service.deliver({ events: [event] })).toBe(202)
}

const manifestsOf = () =>
  bed.service.get<{ manifests: number }>(`/v1/projects/${encodeURIComponent('ci/team/app')}`)

/** Runs the policy to its end. */
const expire = async () => (await bed.json('expire', 'branches', '--apply')) as object

test('an image that a policy has deleted is listed, shown and restored, and is young then', async () => {
  await eventually(manifestsOf, ({ manifests }) => manifests === old.manifests.size + 1)
  await expire()
  await eventually(
    () => bed.json('trash', 'list'),
    ({ images }) => images.length === old.manifests.size + 1,
  )
  await bed.ci.untilDelivered()
  for (const tag of ['pr-1', 'pr-2']) expect(await bed.client.headManifest(REPOSITORY, tag)).toBeUndefined()

  const name = `ci/${REPOSITORY}@${old.root.digest}`
  const { out } = await bed.runWith(
    READ_TOKEN,
    'trash',
    'list',
    '--registry',
    'ci',
    '--repository',
    REPOSITORY,
  )
  expect(out).toMatch(/^DELETED +RESTORED +TAGS +REASON +IMAGE\n/)
  expect(out).toMatch(new RegExp(` no +pr-1 +it is 2 days old +${name}\n`))
  const shown = await bed.runWith(READ_TOKEN, 'trash', 'show', `ci/${REPOSITORY}:pr-1`)
  expect(shown.out).toContain(`image       ${name}\n`)
  expect(shown.out).toContain('"manifests": [')

  const restored = await bed.run('trash', 'restore', `ci/${REPOSITORY}:pr-1`)
  expect((await bed.json('audit', '--limit', '1')).entries).toMatchObject([
    { action: 'trash.restored', outcome: 'done', image: `ci/${REPOSITORY}@${old.root.digest}` },
  ])
  expect(restored).toMatchObject({ status: 0, err: '' })
  expect(restored.out).toContain(
    `put back: 3 images and the tag pr-1 of ci/${REPOSITORY}@${old.root.digest}\n`,
  )
  expect(restored.out).toContain(`restored  ${old.root.digest}  pr-1\n`)
  const { images } = await bed.json('trash', 'list')
  for (const { digest, restoredAt } of images)
    expect([digest, restoredAt !== undefined]).toEqual([digest, old.manifests.has(digest)])
  expect((await bed.run('trash', 'list')).out).toMatch(
    new RegExp(` 2\\S+Z +pr-1 +it is 2 days old +${name}\n`),
  )
  const host = bed.ci.host
  expect((await skopeoPullAll(`${host}/${REPOSITORY}:pr-1`)).sort()).toEqual([...old.manifests.keys()].sort())
  await bed.ci.untilDelivered()
  await eventually(manifestsOf, ({ manifests }) => manifests === old.manifests.size)

  // The next run keeps it: its push is new.
  const { plans } = await bed.service.get<{ plans: { decisions: { tags: string[]; reason: string }[] }[] }>(
    '/v1/expiry/plan',
  )
  const decision = plans[0]?.decisions.find(({ tags }) => tags.includes('pr-1'))
  expect(decision).toMatchObject({ verdict: 'keep', reason: expect.stringMatching(/ old, not over 1 day$/) })
  await expire()
  expect((await bed.client.headManifest(REPOSITORY, 'pr-1'))?.digest).toBe(old.root.digest)
})

test('what is restored again, and a tag that names another image, is told', async () => {
  await bed.client.putManifest(
    REPOSITORY,
    'pr-2',
    old.manifests.get(old.root.digest)?.bytes ?? Buffer.alloc(0),
    old.root.mediaType,
  )
  const name = `ci/${REPOSITORY}@${other.root.digest}`
  const { status, out, err } = await bed.run('trash', 'restore', name)
  expect({ status, err }).toEqual({
    status: 0,
    err: `not put back: the tag pr-2, which names ${old.root.digest} by now and stays there\n`,
  })
  expect(out).toContain(`put back: 1 image of ${name}\n`)
  expect(out).toMatch(new RegExp(`restored +${other.root.digest} +none\n`))
  expect(await bed.json('trash', 'restore', name)).toMatchObject({
    manifests: [{ digest: other.root.digest, outcome: 'present' }],
    tags: [{ name: 'pr-2', outcome: 'elsewhere', names: old.root.digest }],
    lost: [],
  })
  expect((await bed.run('trash', 'restore', name)).out).toContain(
    `nothing had to be put back: the registry has ${name}\n`,
  )
})

test('pages go on where the last one ended', async () => {
  const first = await bed.json('trash', 'list', '--limit', '2')
  const second = await bed.json('trash', 'list', '--limit', '2', '--cursor', first.next)
  expect(second.next).toBeNull()
  const digests = [...first.images, ...second.images].map(({ digest }) => digest)
  expect(digests).toEqual([...old.manifests.keys(), other.root.digest].sort())
  const mediaType = old.manifests.get(digests[0])?.mediaType ?? OCI_MANIFEST
  expect(first.images[0]).toMatchObject({ id: `ci/${REPOSITORY}@${digests[0]}`, mediaType })
  expect(first.images[0].manifest).toBeUndefined()
})

test('wrong questions are answered with what is expected', async () => {
  const none = `ci/${REPOSITORY}:none`
  expect(await bed.run('trash', 'show', none)).toMatchObject({
    status: 6,
    err: expect.stringContaining(`404 the trash does not have "${none}": GET /v1/trash lists what it has`),
  })
  expect((await bed.runWith(READ_TOKEN, 'trash', 'restore', none)).err).toContain('403')
  expect(await bed.run('trash', 'restore', 'ci/team/app')).toMatchObject({ status: 2 })
  expect(await bed.run('trash', 'list', '--repository', 'team/app')).toMatchObject({ status: 2 })
  const ask = async (path: string) =>
    (await bed.service.app.inject({ url: path, headers: { authorization: `Bearer ${READ_TOKEN}` } }))
      .statusCode
  for (const id of [
    'ci',
    'ci/app',
    'ci/app@sha256:1',
    'ci/App:v1',
    'ci/../x:v1',
    'CI/app:v1',
    'ci/app:v1@sha256:1',
  ])
    expect([id, await ask(`/v1/trash/${encodeURIComponent(id)}`)]).toEqual([id, 400])
  for (const query of ['repository=app', 'registry=..', 'registry=ci&repository=A', 'cursor=x'])
    expect([query, await ask(`/v1/trash?${query}`)]).toEqual([query, 400])
})

test('a restore at a registry that does not answer says that it can be repeated', async () => {
  await bed.ci.process.stop('SIGKILL')
  const { status, err } = await bed.run('trash', 'restore', `ci/${REPOSITORY}:pr-1`)
  expect(status).toBe(1)
  expect(err).toMatch(/502 ci: .*What was put back until then stays: restore it again/)
})

test('a purge deletes what is older than a time, for good', async () => {
  const key = `trash/ci/${REPOSITORY}/${other.root.digest}.json`
  const hourAgo = Date.now() / 1000 - 3_600
  await utimes(join(bed.service.folder, 'store', key), hourAgo, hourAgo)
  const before = new Date(Date.now() - 1_800_000).toISOString()
  expect(await bed.runWith(READ_TOKEN, 'trash', 'purge', '--before', before, '--yes')).toMatchObject({
    status: 5,
  })
  expect(await bed.run('trash', 'purge', '--before', 'yesterday', '--yes')).toMatchObject({ status: 2 })
  // By the same clock as the purge: the others were deleted at about the same time, and written later.
  const { images: planned } = await bed.json('trash', 'purge', '--before', before, '--dry-run')
  expect(planned).toMatchObject([{ digest: other.root.digest }])
  expect(await bed.run('trash', 'purge', '--before', before, '--yes')).toMatchObject({
    out: 'deleted for good: 1\n',
  })
  const { images } = await bed.json('trash', 'list')
  expect(images.map(({ digest }: { digest: string }) => digest)).toEqual([...old.manifests.keys()].sort())
})

test('the audit has what was run, restored and purged, the newest first', async () => {
  await bed.runWith(ADMIN_TOKEN, 'expire', 'branches')
  await bed.run('trash', 'purge', '--before', '2020-01-01T00:00:00Z', '--yes')
  const { entries } = await bed.json('audit', '--limit', '4')
  const actions = entries.map(({ action }: { action: string }) => action)
  expect(actions).toEqual(['trash.purged', 'run.ended', expect.any(String), expect.any(String)])
  expect(actions.slice(2).sort()).toEqual(['run.asked', 'run.started'])
  for (const entry of entries) expect(entry.by).toMatch(/^admin token from /)
  const { run } = entries[1]
  const ofRun = await bed.json('audit', '--run', run, '--all')
  expect(ofRun.entries.map(({ action }: { action: string }) => action).sort()).toEqual([
    ...['run.asked', 'run.ended', 'run.started'],
  ])
  const page = await bed.json('audit', '--limit', '1')
  expect(page.entries).toEqual([entries[0]])
  expect((await bed.json('audit', '--limit', '1', '--cursor', page.next)).entries).toEqual([entries[1]])
  expect((await bed.runWith(READ_TOKEN, 'audit')).out).toMatch(/^AT +BY +ACTION +ABOUT +OUTCOME\n/)
})
