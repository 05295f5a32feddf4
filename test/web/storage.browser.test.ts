import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'
import { formatSize } from '../../src/platform/units.ts'
import type { StorageReport } from '../../src/space/report.ts'

// What is on the disk of the demo's registry `ci`, and what would bite there.
const stage = inject('stage')
let browser: LabBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

async function open(path: string, token = stage.adminToken): Promise<LabPage> {
  const page = await browser.open({ reducedMotion: 'reduce' })
  page.setDefaultTimeout(120_000)
  await logIn(page, stage.url, token)
  await page.goto(`${stage.url}${path}`)
  return page
}

const bearer = { authorization: `Bearer ${stage.adminToken}` }
const ask = async <Body>(path: string, init: RequestInit = {}): Promise<Body> => {
  const headers = { ...bearer, 'content-type': 'application/json' }
  const answer = await fetch(`${stage.url}${path}`, { headers, ...init })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Body
}

test('from the registries one comes to the parts of the disk, which are a bar and a table with the same numbers', async () => {
  const page = await open('/registries')
  await page
    .getByRole('region', { name: 'ci', exact: true })
    .getByRole('link', { name: 'its storage' })
    .click()
  await page.getByRole('heading', { level: 1, name: 'Storage of ci' }).waitFor()
  const table = page.getByRole('region', { name: 'Parts of the storage of ci' })
  await table.waitFor()
  const { parts, total } = await ask<StorageReport>('/v1/registries/ci/storage')
  const bytesOf = async (name: RegExp) => {
    const title = await table.getByRole('row', { name }).locator('.bytes').getAttribute('title')
    return Number(title?.replace(/\D/g, ''))
  }
  expect(await bytesOf(/^Images/)).toBe(parts.referenced.bytes)
  expect(await bytesOf(/^Unreferenced/)).toBe(parts.unreferenced.bytes)
  expect(await bytesOf(/^Uploads .* 1 less than/)).toBe(parts.uploads.bytes)
  const shown = await table
    .locator('tr:not(.disk-sum) .bytes')
    .evaluateAll((cells) =>
      cells.reduce((sum, cell) => sum + Number(cell.getAttribute('title')?.replace(/\D/g, '')), 0),
    )
  expect(shown).toBe(total.bytes)
  expect(await bytesOf(/^The sum/)).toBe(total.bytes)
  await page.getByRole('img', { name: `${formatSize(total.bytes)} on the disk: images` }).waitFor()
  // What an expired image has left is its project's, and leads there.
  await page.getByRole('link', { name: 'ci/shop/web' }).click()
  await page.getByRole('heading', { level: 1, name: 'ci/shop/web' }).waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('a survey is begun by the keyboard, and its result comes by itself', async () => {
  const page = await open('/storage')
  const { at } = await ask<StorageReport>('/v1/registries/ci/storage')
  const ci = page.getByRole('region', { name: 'ci', exact: true })
  await ci.getByRole('button', { name: 'Survey now' }).focus()
  await page.keyboard.press('Enter')
  await expect
    .poll(async () => (await ci.locator('time').first().getAttribute('datetime')) ?? at)
    .not.toBe(at)
  await ci.getByRole('button', { name: 'Survey now' }).waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('a registry without a storage says which key to set', async () => {
  const page = await open('/storage')
  const production = page.getByRole('region', { name: 'production', exact: true })
  await production.getByText('registries.production.storage').waitFor()
  expect(await production.getByRole('button').count()).toBe(0)
  await production.getByRole('link', { name: 'production' }).click()
  await page.getByText('set registries.production.gc.hooks').waitFor()
  expect(await page.getByRole('button', { name: /^(Collect|Look|Survey)/ }).count()).toBe(0)
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('what would bite is looked for when it is asked for: what, why, what to do and how sure', async () => {
  const page = await open('/storage/ci')
  const doctor = page.getByRole('region', { name: 'What would bite', exact: true })
  await doctor.getByRole('button', { name: 'Look now' }).click()
  const finding = doctor.getByRole('listitem').filter({ hasText: 'descriptor-cache' })
  await finding.getByText('not known: look yourself').waitFor()
  await finding.getByText('Why:').waitFor()
  await finding.getByText('What to do:').waitFor()
  expect(page.faults).toEqual([])

  // The worst come first, as the service sorts them; and that nothing was found is said.
  await page.route('**/storage/doctor', (route) => route.fulfill({ json: { ok: true, findings: [] } }))
  await doctor.getByRole('button', { name: 'Look again' }).click()
  await doctor.getByText('Nothing was found').waitFor()
  await page.context().close()
})

test('a look before a collection touches nothing, and comes to the list', async () => {
  const page = await open('/storage/ci')
  const collection = page.getByRole('region', { name: 'Collection of garbage' })
  const rows = collection.getByRole('region', { name: 'Collections' }).getByRole('row')
  await rows.filter({ hasText: 'done' }).first().waitFor()
  const before = await rows.count()
  await collection.getByRole('button', { name: 'Look only' }).click()
  await expect.poll(() => rows.count()).toBe(before + 1)
  await rows
    .nth(1)
    .getByText(/^(looked only|refused)$/)
    .waitFor()
  await rows.nth(1).getByRole('link').click()
  await page.getByText('by hooks, only to look').waitFor()
  await page.getByText('It looks what speaks against it').waitFor()
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'Storage of ci' }).waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('who may only read sees no button that changes something, and a team is not led here', async () => {
  const reader = await open('/storage/ci', stage.readToken)
  await reader.getByText('it does not pay yet').or(reader.getByText('it pays')).first().waitFor()
  expect(await reader.getByRole('button', { name: /^(Collect|Look only|Survey)/ }).count()).toBe(0)
  await reader.getByRole('button', { name: 'Look now' }).waitFor()
  await reader.context().close()

  const name = `storage-${Date.now()}`
  const { secret } = await ask<{ secret: string }>('/v1/tokens', {
    method: 'POST',
    body: JSON.stringify({ name, projects: ['ci/shop/**'], verbs: ['read'] }),
  })
  const team = await open('/storage', secret)
  await team.getByText('Not allowed.').waitFor()
  const places = team.getByRole('navigation', { name: 'Pages' })
  expect(await places.getByRole('link', { name: 'Projects' }).count()).toBe(1)
  expect(await places.getByRole('link', { name: 'Storage' }).count()).toBe(0)
  await team.context().close()
  await ask(`/v1/tokens/${name}`, { method: 'DELETE', headers: bearer })
})

test('all places can be seen, whatever the width of the window', async () => {
  const page = await open('/storage')
  const nav = page.getByRole('navigation', { name: 'Pages' })
  for (const width of [1000, 1280, 1440, 1920]) {
    await page.setViewportSize({ width, height: 800 })
    const right = await nav
      .getByRole('link')
      .evaluateAll((links) => Math.max(...links.map((link) => link.getBoundingClientRect().right)))
    const { x, width: wide } = (await nav.boundingBox()) ?? { x: 0, width: 0 }
    expect(right, `${width}`).toBeLessThanOrEqual(x + wide + 1)
  }
  await page.context().close()
})
