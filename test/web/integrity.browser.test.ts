import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { barriers, isTooWide, type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'
import { type LabImage, makeImage } from '../../lab/image.ts'
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
import { makeRegistryClient } from '../../src/registry/client.ts'

// Images are broken here, in registries of this file's own: the demo's stay as they are.
let ci: LabRegistry
let production: LabRegistry
let tallyman: LabTallyman
let browser: LabBrowser
let url: string
const bytes = 50_000
const app = makeImage({ layers: ['shared', 'app'].map((seed) => ({ seed, bytes })), label: 'app' })
const tool = makeImage({ layers: [{ seed: 'tool', bytes }], label: 'tool' })
const other = makeImage({ layers: ['shared', 'other'].map((seed) => ({ seed, bytes })), label: 'other' })
const IMAGES = { 'team/app': app, 'team/spare': app, 'other/app': other, 'team/tool': tool }
const layerOf = ({ blobs }: LabImage): string => [...blobs.keys()][0] ?? ''

beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  ;[ci, production, browser] = await Promise.all([
    startRegistry({ notify: { url: `${url}/v1/events`, token: WEBHOOK_TOKEN } }),
    startRegistry(),
    startBrowser(),
  ])
  tallyman = await startTallyman({
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port },
    registries: {
      ci: {
        ...{ url: ci.url, token: WEBHOOK_TOKEN, metrics: { url: ci.metricsUrl } },
        scrub: { bytesPerDay: '1GiB' },
      },
      production: { url: production.url },
      silent: { url: 'http://127.0.0.1:1', token: 'lab-webhook-token-0002' },
    },
  })
  await tallyman.app.listen({ port, host: '127.0.0.1' })
  await push(production, { 'team/tool': tool })
  await push(ci, IMAGES)
  await ci.untilDelivered()
  await tallyman.reconcile('ci')
})
// What a test leaves broken would be seen by the next one.
afterEach(async () => {
  if ((await brokenImages()).length === 0) return
  await push(ci, IMAGES)
  await tallyman.reconcile('ci')
  expect(await brokenImages()).toEqual([])
})
afterAll(async () => {
  await browser?.close()
  await tallyman?.close()
  await Promise.all([ci?.close(), production?.close()])
})

/** Pushes images as `v1`. */
async function push({ url }: LabRegistry, images: Record<string, LabImage>): Promise<void> {
  const client = makeRegistryClient({ name: 'lab', url })
  for (const [repository, image] of Object.entries(images)) await pushImage(client, repository, 'v1', image)
  await client.close()
}

/** Takes the first layer of `app` from repositories. */
async function breakImages(...repositories: string[]): Promise<void> {
  for (const repository of repositories) {
    const gone = await fetch(`${ci.url}/v2/${repository}/blobs/${layerOf(app)}`, { method: 'DELETE' })
    expect(gone.status).toBe(202)
  }
  await tallyman.reconcile('ci')
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

/** A token of the team: it sees what is in `ci/team/**`. */
async function teamToken(name: string): Promise<string> {
  const answer = await tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/tokens', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
    payload: { name, verbs: ['promote'], projects: ['ci/team/**'] },
  })
  expect(answer.statusCode).toBe(201)
  return answer.json().secret
}

const brokenImages = async (): Promise<string[]> =>
  (await tallyman.get<{ images: { repository: string }[] }>('/v1/broken-images')).images.map(
    ({ repository }) => repository,
  )

test('where nothing is broken, the page says what was looked at', async () => {
  const page = await open('/broken-images')
  await page.getByText('No image is known to be broken').waitFor()
  const row = page.getByRole('row', { name: /^ci/ })
  await row.getByText('Some images each time, by asking for their blobs.').waitFor()
  await row.getByText(/of 1\.0 GiB today/).waitFor()
  await page
    .getByRole('row', { name: /^silent/ })
    .getByText('registries.silent.scrub.bytesPerDay')
    .waitFor()
  await page
    .getByRole('row', { name: /^production/ })
    .getByText('Images are only copied into it')
    .waitFor()
  await end(page)
})

test('an image that lost a layer is listed, and repaired by keyboard from another repository of the registry', async () => {
  const layer = layerOf(app)
  await breakImages('team/app')
  const page = await open('/broken-images')
  const item = page.getByRole('listitem').filter({ hasText: 'team/app' }).first()
  await item.getByText('missing', { exact: true }).waitFor()
  await item.getByText(layer).waitFor()
  await item.getByText(/whole at .*ci\/other\/app/).waitFor()
  expect(await item.getByRole('link', { name: 'ci/team/app' }).getAttribute('href')).toBe(
    '/projects/ci/team/app',
  )
  expect(await barriers(page)).toEqual([])

  await item.getByRole('button', { name: 'Repair… ci/team/app:v1' }).focus()
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/whole at ci\/(other\/app|team\/spare)/).waitFor()
  expect(await barriers(page)).toEqual([])
  await dialog.getByRole('textbox', { name: 'Copy from' }).focus()
  await page.keyboard.press('Enter')
  await page.getByText(/ci\/team\/app:v1 is whole again: 1 content was put back from ci\//).waitFor()
  await dialog.waitFor({ state: 'detached' })
  await page.getByText('No image is known to be broken').waitFor()
  const head = await fetch(`${ci.url}/v2/team/app/blobs/${layer}`, { method: 'HEAD' })
  expect(head.status).toBe(200)
  await end(page)
})

test('a scrub is started and finds wrong bytes; the repair says what to delete first, and works after that', async () => {
  const layer = layerOf(tool)
  const hex = layer.slice('sha256:'.length)
  const told = `docker/registry/v2/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`
  const file = join(ci.storage, told)
  const content = await readFile(file)
  content.writeUInt8(content.readUInt8(1_000) ^ 1, 1_000)
  await writeFile(file, content)

  const page = await open('/broken-images')
  await page.getByRole('button', { name: 'Scrub now at ci' }).click()
  await page.getByText(/^ci: \d+ images read, .*; 1 content is not right$/).waitFor()
  const item = page.getByRole('listitem').filter({ hasText: 'team/tool' }).first()
  await item.getByText('wrong bytes').waitFor()
  await item.getByRole('button', { name: /^Repair/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('whole at production/team/tool').waitFor()
  await dialog.getByText(told).waitFor()
  await dialog.getByRole('button', { name: 'Repair', exact: true }).click()
  await dialog.getByText(/The image is not whole\..*It keeps the content that it has/).waitFor()
  expect(await brokenImages()).toEqual(['team/tool'])

  await rm(file)
  await dialog.getByRole('button', { name: 'Repair', exact: true }).click()
  await page.getByText(/^ci\/team\/tool:v1 is whole again/).waitFor()
  expect(await readFile(file)).toHaveLength(content.length)
  expect(await brokenImages()).toEqual([])
  await end(page)
})

test("a team's token sees and repairs its own images, and names where the copy is", async () => {
  await breakImages('team/app', 'other/app')
  expect(await brokenImages()).toEqual(['other/app', 'team/app'])
  const page = await open('/broken-images', await teamToken('team'))
  const items = page.locator('.broken-list > li')
  await expect.poll(() => items.count()).toBe(1)
  await items.getByText('whole at ci/team/spare').waitFor()
  expect(await page.getByText('other/app').count()).toBe(0)
  expect(await page.getByText('What was looked at').count()).toBe(0)
  await items.getByRole('button', { name: /^Repair/ }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Copy from' }).fill('ci/other/app')
  await dialog.getByRole('button', { name: 'Repair', exact: true }).click()
  await dialog.getByText('there is no repository "ci/other/app"').waitFor()
  await dialog.getByRole('textbox', { name: 'Copy from' }).fill('ci/team/spare')
  await page.keyboard.press('Enter')
  await page.getByText(/^ci\/team\/app:v1 is whole again/).waitFor()
  await page.getByText('No image is known to be broken').waitFor()
  expect(await brokenImages()).toEqual(['other/app'])
  await end(page)
})

test('a registry says that images of it are not whole, and leads to them', async () => {
  await breakImages('other/app')
  const page = await open('/registries', READ_TOKEN)
  await page.getByRole('region', { name: 'ci', exact: true }).getByRole('link', { name: 'See them' }).click()
  await page.getByRole('heading', { level: 1, name: 'Broken images' }).waitFor()
  await page.getByText('Only those of ci.').waitFor()
  await page.getByRole('link', { name: 'ci/other/app' }).waitFor()
  // Who may only read repairs nothing.
  expect(await page.getByRole('button', { name: /^Repair/ }).count()).toBe(0)
  await end(page)
})

test('the deliveries of a registry are told by process; where nobody asks, what to set', async () => {
  await eventually(
    () => tallyman.get<{ processes: unknown[] }>('/v1/registries/ci/delivery-audit'),
    ({ processes }) => processes.length === 1,
  )
  const page = await open('/registries')
  const silent = page.getByRole('region', { name: 'silent', exact: true })
  await silent.getByText('registries.silent.metrics').waitFor()
  await page.getByRole('link', { name: 'By process of ci' }).click()
  await page.getByRole('heading', { level: 1, name: 'Deliveries of ci' }).waitFor()
  const row = page.getByRole('row', { name: new RegExp(new URL(ci.metricsUrl).host) })
  await row.waitFor()
  expect(await page.getByRole('definition').allTextContents()).toEqual(
    expect.arrayContaining([expect.stringMatching(/^0 in its queues/), 'none']),
  )
  await page.getByText(/^\d+ events by Tallyman$/).waitFor()
  await end(page)

  const nobody = await open('/registries/silent/deliveries', READ_TOKEN)
  await nobody.getByText('Nobody asks this registry').waitFor()
  await nobody.getByText('registries.silent.metrics').waitFor()
  await end(nobody)
})

test('events that wait, are in doubt or were lost are told with what that means', async () => {
  const page = await open('/registries/ci/deliveries')
  // A registry takes minutes to lose events: what the API would say then is put into its answer.
  await page.route('**/v1/registries/ci/delivery-audit', async (route) => {
    const response = await route.fetch()
    const json = {
      ...(await response.json()),
      ...{ pending: 900, isGrowing: true, lost: 3, suspect: 2, uncounted: 5, vouches: false },
      lastLoss: { at: new Date().toISOString(), count: 3 },
      failing: [
        { address: 'http://ci-2:5001', since: new Date().toISOString(), problem: 'nothing listens \u202e' },
      ],
    }
    await route.fulfill({ response, json })
  })
  await page.reload()
  for (const text of [
    'do not get less',
    'All of them are lost if the registry restarts.',
    'A reconcile finds what they told',
    'lost, if they are still missing at the next reading',
    'at least 5 of them from processes whose metrics are not read',
    'The end of a process would not be noticed',
  ])
    await page.getByText(text).waitFor()
  const alert = page.getByRole('alert')
  await alert.getByText('nothing listens \\u{202e}').waitFor()
  await end(page)
})

test('without a journal, the page of replays says which key to set', async () => {
  const page = await open('/replay')
  await page.getByText('journal.enabled: true').waitFor()
  expect(await page.getByRole('button', { name: 'Replay', exact: true }).count()).toBe(0)
  await end(page)
})
