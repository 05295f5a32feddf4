import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { barriers, isTooWide, type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'
import { digestOf } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

// A service whose journal has a past: the demo is half a minute old.
const HOUR = 3_600_000
let tallyman: LabTallyman
/** Writes the journal and replays. */
let worker: LabTallyman | undefined
let store: string
let browser: LabBrowser
let url: string
let config: Record<string, unknown>

const event = (id: string, action: 'push' | 'pull', hoursAgo: number, tag: string) => ({
  ...{ id, action, timestamp: new Date(Date.now() - hoursAgo * HOUR).toISOString() },
  target: {
    ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size: 500 },
    ...{ repository: 'team/app', tag, digest: digestOf(Buffer.from(tag)) },
    ...(action === 'push' && {
      references: [
        {
          ...{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 1_000_000 },
          digest: digestOf(Buffer.from(`layer of ${tag}`)),
        },
      ],
    }),
  },
})
const EVENTS = [
  { ago: 12, of: event('e1', 'push', 12, 'pr-1') },
  { ago: 12, of: event('e2', 'push', 12, 'pr-2') },
  { ago: 12, of: event('e3', 'push', 12, 'v1') },
  { ago: 3, of: event('e4', 'pull', 3, 'pr-1') },
]

beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  const rules = [{ tag: 'pr-*', olderThan: '1h', expire: true }]
  store = await mkdtemp(join(tmpdir(), 'tallyman-replay-page-'))
  config = {
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port },
    registries: { ci: { url: 'http://127.0.0.1:1', token: 'lab-webhook-token-0001', pulls: 'complete' } },
    store: { type: 'folder', path: store },
    journal: { enabled: true },
    expiry: { policies: [{ name: 'old', schedule: '0 * * * *', match: { registry: 'ci' }, rules }] },
  }
  tallyman = await startTallyman(config, { queues: ['events'] })
  await tallyman.app.listen({ port, host: '127.0.0.1' })
  browser = await startBrowser()
  for (const { of } of EVENTS) expect(await tallyman.deliver({ events: [of] })).toBe(202)
  await tallyman.untilDone('events')
  await backdate()
})
afterAll(async () => {
  await browser?.close()
  await worker?.close()
  await tallyman?.close()
  await rm(store, { recursive: true, force: true })
})

/** Gives what waits in the journal the times of the events. */
async function backdate(): Promise<void> {
  const key = 'tallyman:{journal}:waiting'
  const redis = new Redis(tallyman.redis.port)
  const all = await redis.xrange(key, '-', '+')
  expect(all).toHaveLength(EVENTS.length)
  await redis.del(key)
  const now = Date.now()
  for (const [n, [, fields]] of all.entries())
    await redis.xadd(key, `${now - (EVENTS[n]?.ago ?? 0) * HOUR}-${n}`, ...fields)
  redis.disconnect()
}

async function open(path: string, token = ADMIN_TOKEN): Promise<LabPage> {
  const page = await browser.open({ reducedMotion: 'reduce' })
  page.setDefaultTimeout(120_000)
  await logIn(page, url, token)
  await page.goto(`${url}${path}`)
  return page
}

async function end(page: LabPage): Promise<void> {
  expect(page.faults).toEqual([])
  expect(await barriers(page)).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await isTooWide(page)).toBe(false)
  await page.context().close()
}

test('a journal that is not written is told; then a policy is replayed beside one that keeps longer', async () => {
  const page = await open('/replay')
  await page.getByText('The journal was not written to the store for 12h').waitFor()
  await page.getByText('No replay yet').waitFor()
  worker = await startTallyman(config, { queues: ['journal'], redis: tallyman.redis })
  // Its job of each minute writes what is old.
  await eventually(
    () => tallyman.get<{ journal: { waitingBytes: number } }>('/v1/replays'),
    ({ journal }) => journal.waitingBytes === 0,
  )
  await page.goto(`${url}/plan?policy=old&number=0.olderThan&value=10h`)
  await page.getByRole('main').getByRole('link', { name: 'Replay', exact: true }).click()
  await page.getByText('Beside it, the same with expire pr-*: older than').waitFor()
  await page.getByRole('textbox', { name: 'Since' }).fill('yesterday')
  await page.keyboard.press('Enter')
  await page.getByText('since: expected a duration such as 30d').waitFor()
  expect(await page.getByText('The journal was not written').count()).toBe(0)

  await page.getByRole('textbox', { name: 'Since' }).fill('2d')
  await page.keyboard.press('Enter')
  await page.getByText('4 events were replayed').waitFor()
  await page.getByText('images that were there before the journal began').waitFor()
  const old = page.getByRole('region', { name: 'old at ci', exact: true })
  await old.getByText(/runs would have deleted 2 images and freed/).waitFor()
  await old.getByText('1 image, 1 pull afterwards').waitFor()
  await old.getByRole('rowheader', { name: `ci/team/app@${digestOf(Buffer.from('pr-1'))} pr-1` }).waitFor()
  const longer = page.getByRole('region', { name: 'old-with-10h at ci', exact: true })
  await longer.getByText('nothing of it was pulled afterwards').waitFor()

  await page.getByRole('link', { name: 'All replays' }).click()
  await page
    .getByRole('row', { name: /old at ci/ })
    .getByText('2 images', { exact: true })
    .waitFor()
  await end(page)
})

test.for(['/plan', '/plan?policy=none', '/runs'])('%s has a link to the replays', async (path) => {
  const page = await open(path, READ_TOKEN)
  await page.getByRole('main').getByRole('link', { name: 'Replay', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Replay' }).waitFor()
  await end(page)
})

test('who may only read sees replays and starts none; a team sees no link to them', async () => {
  const page = await open('/replay', READ_TOKEN)
  await page.getByRole('heading', { level: 1, name: 'Replay' }).waitFor()
  await page.locator('.empty, table').first().waitFor()
  expect(await page.getByRole('button', { name: 'Replay', exact: true }).count()).toBe(0)
  await end(page)

  const answer = await tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/tokens', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
    payload: { name: 'team', verbs: ['read'], projects: ['ci/team/**'] },
  })
  const team = await open('/plan', answer.json().secret)
  await team.getByRole('button', { name: 'Plan anew' }).waitFor()
  expect(await team.getByRole('main').getByRole('link', { name: 'Replay', exact: true }).count()).toBe(0)
  await team.goto(`${url}/replay`)
  await team.getByText('Not allowed.').waitFor()
  await end(team)
})

test('a store that was lost is told where the trash is, and is accepted after a question', async () => {
  await rm(join(store, 'identity.json'))
  const page = await open('/trash')
  await page.getByText('Nothing is deleted: the store has lost its data').waitFor()
  expect(await barriers(page)).toEqual([])
  await page.getByRole('button', { name: 'Accept the store as it is…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').fill('accept')
  await page.keyboard.press('Enter')
  await page.getByText('The store is accepted.').waitFor()
  await expect.poll(() => page.getByText('Nothing is deleted').count()).toBe(0)
  expect(await tallyman.get('/v1/store')).toMatchObject({ state: 'known' })
  await end(page)
})
