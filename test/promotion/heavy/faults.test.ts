import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../../../lab/faulty-registry.ts'
import { type LabImage, makeImage, makeIndex, makeSignature, signatureTag } from '../../../lab/image.ts'
import { missingAt } from '../../../lab/missing-at.ts'
import { type Started, startProcess } from '../../../lab/process.ts'
import { pushImage } from '../../../lab/push-image.ts'
import { makeRandom } from '../../../lab/random.ts'
import { outside } from '../../../lab/run-program.ts'
import { takeFromTheDead } from '../../../lab/stalled-job.ts'
import { ADMIN_TOKEN, eventually } from '../../../lab/tallyman.ts'
import { QUEUE_NAMES } from '../../../src/queue/jobs.ts'
import { digestAt, prepare, startTrials, type Trials } from '../trials-bed.ts'

/**
 * Faults at each step of promotions by a worker in a process of its own. Before each of its requests to the target, the tag there is
 * looked at: it must name an image that is whole, and none that is older than the one before.
 */
const SEED = 16
const NOT_YET = 'its tag does not name it yet'
const RULES = 10
let trials: Trials
let worker: Started
let workers = 0

beforeAll(async () => {
  const rule = (name: string, repository: string, to: string) => ({
    ...{ name, from: { registry: 'ci', repository, tag: 'v*' }, overwrite: 'newer', settle: '100ms' },
    to: { registry: 'production', repository: to },
  })
  trials = await startTrials({
    queues: QUEUE_NAMES.filter((name) => name !== 'promotion'),
    rules: [
      rule('releases', 'team/**', 'released/{repository}'),
      ...Array.from({ length: RULES }, (_, n) => rule(`rule-${n}`, 'shared/app', `released/shared-${n}`)),
    ],
  })
  worker = await startWorker()
})
afterAll(async () => {
  await worker?.stop('SIGKILL')
  await trials?.close()
})

function startWorker(): Promise<Started> {
  const { folder, redis } = trials.tallyman
  const logFile = join(folder, `worker-${++workers}.log`)
  return startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, '../../../workers/main.ts'), 'promotion'],
    env: { ...outside, TALLYMAN_CONFIG: join(folder, 'tallyman.yaml'), REDIS_URL: redis.url },
    logFile,
    ready: async () => (await readFile(logFile, 'utf8')).includes('tallyman is up'),
  })
}

const sized = (seed: string, bytes: number, architecture = 'amd64') =>
  makeImage({
    layers: [
      { seed: `${seed} base`, bytes },
      { seed: `${seed} ${architecture}`, bytes: 20_000 },
    ],
    ...{ architecture, label: seed },
  })
/** An index of two images with a layer in common, which needs several requests to be sent. */
const release = (seed: string) =>
  makeIndex(
    ['amd64', 'arm64'].map((architecture) => ({ architecture, image: sized(seed, 1_500_000, architecture) })),
  )

/** What each tag `v1` of the target may name, the oldest first, by repository; and what it named last. */
let releases: Map<string, LabImage[]>
let seen: Map<string, number>
let wrong: string[]
/** The path of the last upload of a blob, by digest. */
let uploadOf: Map<string, string>
let isAsking: (request: { method: string; path: string }) => Fault | undefined | Promise<Fault | undefined>

const isWhole = async (repository: string, image: LabImage) =>
  (await missingAt(trials.production.client, repository, image)).length === 0

/** Looks at the tag in the repository of a path, and whether content is sent that the target has. */
async function watch({ method, path }: { method: string; path: string }): Promise<void> {
  const { client } = trials.production
  const [, repository = ''] = /^\/v2\/(.+?)\/(?:manifests|blobs)\//.exec(path) ?? []
  const images = releases.get(repository)
  if (images === undefined) return
  const digest = await digestAt(client, repository, 'v1')
  const at = images.findIndex(({ root }) => root.digest === digest)
  const before = seen.get(repository) ?? -1
  if (at < before) wrong.push(`${repository} named number ${before}, and then ${at}`)
  const [image] = images.slice(at, at + 1)
  if (at > before && image && !(await isWhole(repository, image)))
    wrong.push(`${repository} names half an image`)
  seen.set(repository, at)
  const [, upload = '', sent] = /^PUT ([^?]*).*[?&]digest=([^&]*)/.exec(`${method} ${path}`) ?? []
  if (sent === undefined) return
  const isNew = uploadOf.get(sent) !== upload // Otherwise only the answer to its end was lost.
  if (isNew && (await client.headBlob(repository, decodeURIComponent(sent))) !== undefined)
    wrong.push(`${repository} got ${sent} again`)
  uploadOf.set(sent, upload)
}

beforeEach(() => {
  releases = new Map()
  seen = new Map()
  wrong = []
  uploadOf = new Map()
  isAsking = () => undefined
  trials.production.faults.onRequest(async (request) => {
    await watch(request)
    return isAsking(request)
  })
  trials.ci.faults.reset()
})
afterEach(() => expect(wrong).toEqual([]))

/** Pushes the first of some releases of a repository, with a signature, and says that they may come to the target in this order. */
async function push(repository: string, ...images: LabImage[]): Promise<void> {
  releases.set(`released/${repository}`, images)
  for (const image of images.slice(0, 1)) {
    const put = await prepare(trials.ci.client, repository, image)
    const { digest } = image.root
    await put(digest)
    await pushImage(trials.ci.client, repository, signatureTag(digest), makeSignature(digest))
    await put('v1')
  }
  await trials.heard()
}

/** Resolves once all have arrived, or were dropped. */
async function untilPromoted(prefix: string): Promise<void> {
  const ended = await trials.hastened(prefix)
  expect(ended.filter(({ state }) => state === 'failed')).toEqual([])
}

async function expectArrived(repository: string, image: LabImage): Promise<void> {
  const target = `released/${repository}`
  expect(await digestAt(trials.production.client, target, 'v1')).toBe(image.root.digest)
  expect(await missingAt(trials.production.client, target, image)).toEqual([])
  const { digest } = image.root
  expect(await missingAt(trials.production.client, target, makeSignature(digest))).toEqual([])
  const receipts = await trials.receipts(`${repository}/`)
  expect(receipts.map((receipt) => receipt.digest)).toEqual([digest])
}

test('a worker that is killed at any moment: the next one ends the work, and sends nothing that had arrived', async () => {
  const MOMENTS = 6
  const random = makeRandom(SEED)
  const { faults } = trials.production
  faults.requests.length = 0
  await push('team/killed-0', release('killed-0'))
  await untilPromoted('team/killed-0')
  const requests = faults.requests.length
  for (let n = 1; n <= MOMENTS; n++) {
    const repository = `team/killed-${n}`
    const image = release(`killed-${n}`)
    const moment = 1 + Math.floor(((n - 1) * requests) / MOMENTS) + random.int(Math.ceil(requests / MOMENTS))
    const isDropped = random.isOneIn(2)
    const where = `seed ${SEED}: killed at request ${moment} of ${requests}, which ${isDropped ? 'is dropped' : 'goes on'}`
    const ended = once(worker.child, 'exit')
    let asked = 0
    isAsking = () => {
      asked += 1
      if (asked < moment) return undefined
      worker.child.kill('SIGKILL')
      return isDropped ? 'drop' : undefined
    }
    await push(repository, image)
    await ended
    isAsking = () => undefined
    for (const { id, data } of await trials.promotions(`${repository}/`))
      if (data.digest === image.root.digest && (await trials.queue.getActive()).some((job) => job.id === id))
        await takeFromTheDead(trials.redis, 'tallyman', 'promotion', id)
    worker = await startWorker()
    await untilPromoted(`${repository}/`)
    await expectArrived(repository, image)
    expect(wrong, where).toEqual([])
    // 2.8 gives up no upload whose request broke (docs/registries.md, Registry API). A worker sends six blobs at a time.
    expect(trials.openUploads(`released/${repository}/`).length, where).toBeLessThanOrEqual(6)
  }
})

describe('a target and a source that fail again and again', () => {
  const FAULTS: Record<string, Fault> = {
    'the target answers 500': 500,
    'the target answers 429': { status: 429, code: 'TOOMANYREQUESTS', retryAfter: 1 },
    'the target breaks off before it reads': 'drop',
    'the target breaks off before it answers': 'drop answer',
  }
  test.each(Object.entries(FAULTS))('%s: at each request once', async (name, fault) => {
    const repository = `team/${name.replaceAll(/\W+/g, '-')}`
    const image = release(repository)
    const failed = new Set<string>()
    isAsking = ({ method, path }) => {
      const request = `${method} ${path.replace(/uploads\/[^?]*\?.*?(digest=|$)/, 'uploads/$1')}`
      // An upload stays if its cancel is refused by 500, which is not asked again.
      if (failed.has(request) || (fault === 500 && method === 'DELETE')) return undefined
      failed.add(request)
      return fault
    }
    await push(repository, image)
    await untilPromoted(`${repository}/`)
    expect(failed.size).toBeGreaterThan(10)
    await expectArrived(repository, image)
    if (typeof fault !== 'string') expect(trials.openUploads(`released/${repository}/`)).toEqual([])
  })

  test.each<[string, Fault]>([
    ['breaks off within blobs', 'cut answer'],
    ['answers 500', 500],
    ['answers 429', { status: 429, retryAfter: 1 }],
  ])('the source %s: at each request three times', async (name, fault) => {
    const repository = `team/source-${name.replaceAll(/\W+/g, '-')}`
    const image = release(repository)
    const counts = new Map<string, number>()
    trials.ci.faults.onRequest(({ method, path }) => {
      // Only a body can be cut.
      if (!path.includes(repository) || (fault === 'cut answer' && method !== 'GET')) return undefined
      const request = `${method} ${path}`
      counts.set(request, (counts.get(request) ?? 0) + 1)
      return (counts.get(request) ?? 0) <= 3 ? fault : undefined
    })
    await push(repository, image)
    await untilPromoted(`${repository}/`)
    await expectArrived(repository, image)
    expect(trials.openUploads(`released/${repository}/`)).toEqual([])
  })
})

describe('a source with a damaged blob', () => {
  const fileOf = (digest: string) => {
    const hex = digest.slice('sha256:'.length)
    return join(trials.ci.registry.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data')
  }
  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['truncated', (bytes) => bytes.subarray(0, bytes.length - 5)],
    ['corrupted', (bytes) => Buffer.from(bytes).fill(7, 1000, 1100)],
  ])(
    '%s: nothing is released and no upload is left; once it is mended, the rest is sent',
    async (name, damage) => {
      const repository = `team/${name}`
      const image = release(name)
      const [[digest, bytes] = ['', Buffer.alloc(0)]] = [...image.blobs].filter(
        ([, { length }]) => length > 1e6,
      )
      const put = await prepare(trials.ci.client, repository, image)
      await writeFile(fileOf(digest), damage(bytes))
      releases.set(`released/${repository}`, [image])
      const { root } = image
      await pushImage(trials.ci.client, repository, signatureTag(root.digest), makeSignature(root.digest))
      await put('v1')
      await trials.heard()
      await eventually(
        () => trials.promotions(`${repository}/`),
        (all) => all.some(({ attempts, failedReason }) => attempts > 0 || failedReason !== undefined),
      )
      expect(await digestAt(trials.production.client, `released/${repository}`, 'v1')).toBeUndefined()
      expect(trials.openUploads(`released/${repository}/`)).toEqual([])

      await writeFile(fileOf(digest), bytes)
      for (const { id, state } of await trials.promotions(`${repository}/`))
        if (state === 'failed')
          await trials.tallyman.app.inject({
            ...{ method: 'POST', url: `/v1/jobs/promotion/${id}/retry` },
            headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
          })
      await untilPromoted(`${repository}/`)
      await expectArrived(repository, image)
    },
  )
})

test.each([500, 507])(
  'a target whose disk is full (%i): what it took before is not sent again',
  async (status) => {
    const repository = `team/full-${status}`
    const image = release(repository)
    let isFull = true
    isAsking = ({ method }) => (isFull && method === 'PATCH' ? { status, code: 'UNKNOWN' } : undefined)
    await push(repository, image)
    await eventually(
      () => trials.promotions(`${repository}/`),
      (all) => all.some(({ attempts, why }) => attempts > 0 || why?.includes(`${status}`)),
    )
    expect(await digestAt(trials.production.client, `released/${repository}`, 'v1')).toBeUndefined()
    expect(trials.openUploads(`released/${repository}/`)).toEqual([])
    isFull = false
    await untilPromoted(`${repository}/`)
    await expectArrived(repository, image)
    expect(trials.openUploads(`released/${repository}/`)).toEqual([])
  },
)

test('an image that is deleted at the source while it is copied is not released', async () => {
  const repository = 'team/deleted'
  const image = release('deleted')
  let isDeleted = false
  isAsking = async ({ method }) => {
    if (method !== 'PATCH' || isDeleted) return undefined
    isDeleted = true
    await trials.ci.client.deleteManifest(repository, image.root.digest)
    return undefined
  }
  await push(repository, image)
  await eventually(
    () => trials.promotions(`${repository}/`),
    (all) => isDeleted && all.some(({ why }) => why === NOT_YET),
  )
  expect(await digestAt(trials.production.client, `released/${repository}`, 'v1')).toBeUndefined()
  expect(await trials.receipts(`${repository}/`)).toEqual([])
  expect(trials.openUploads(`released/${repository}/`)).toEqual([])
})

test('a younger push while an image is copied: the younger is released, and the older never', async () => {
  const repository = 'team/younger'
  const [old, young] = [release('older'), release('younger')]
  const putYoung = await prepare(trials.ci.client, repository, young)
  let isPushed = false
  isAsking = async ({ method }) => {
    if (method !== 'PATCH' || isPushed) return undefined
    isPushed = true
    await putYoung('v1')
    return undefined
  }
  await push(repository, old, young)
  await eventually(
    () => trials.promotions(`${repository}/`),
    (all) => all.length === 2,
  )
  await eventually(
    () => trials.promotions(`${repository}/`),
    (all) => all.every(({ state }) => state !== 'in hand'),
  )
  expect(isPushed).toBe(true)
  expect(await digestAt(trials.production.client, `released/${repository}`, 'v1')).toBe(young.root.digest)
  const receipts = await trials.receipts(`${repository}/`)
  expect(receipts.map(({ digest }) => digest)).toEqual([young.root.digest])
  expect(trials.openUploads(`released/${repository}/`)).toEqual([])
})

test('ten rules that copy one image at once send each blob once', async () => {
  const image = release('shared')
  for (let n = 0; n < RULES; n++) releases.set(`released/shared-${n}`, [image])
  trials.production.faults.requests.length = 0
  await pushImage(trials.ci.client, 'shared/app', 'v1', image)
  await trials.heard()
  await trials.ended('shared/app/', RULES)
  const sent = trials.production.faults.requests.flatMap(
    (line) => /^PUT .*[?&]digest=([^&]*)/.exec(line)?.[1] ?? [],
  )
  expect(sent.map(decodeURIComponent).sort()).toEqual([...image.blobs.keys()].sort())
  for (let n = 0; n < RULES; n++) {
    expect(await digestAt(trials.production.client, `released/shared-${n}`, 'v1')).toBe(image.root.digest)
    expect(await isWhole(`released/shared-${n}`, image)).toBe(true)
  }
  expect(trials.openUploads('released/shared')).toEqual([])
})
