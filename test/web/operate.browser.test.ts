import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'

// What those do who run the service: channels, registries, quarantine, and what everybody sees.
const stage = inject('stage')
let browser: LabBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

async function open(path: string): Promise<LabPage> {
  const page = await browser.open({ reducedMotion: 'reduce' })
  page.setDefaultTimeout(120_000)
  await logIn(page, stage.url, stage.adminToken)
  await page.goto(`${stage.url}${path}`)
  return page
}

test('a channel is tried, and says what came of it', async () => {
  const page = await open('/alerts?tab=channels')
  const channel = page.locator('.panel', { has: page.getByRole('heading', { name: /^team-chat/ }) })
  await channel.getByRole('button', { name: 'Send a test message' }).click()
  await page.getByText('team-chat accepted the test message').waitFor()
  await channel.getByText('accepted', { exact: true }).waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('a registry is compared with the index, and what was found is said', async () => {
  const page = await open('/registries')
  const registry = page.getByRole('region', { name: 'ci', exact: true })
  await registry.getByRole('button', { name: 'Compare only' }).click()
  await page.getByText('ci was compared with the index').waitFor()
  await registry.getByText(/repositories were compared/).waitFor()
  await registry.getByRole('button', { name: 'Compare only' }).waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('an event that was not understood is replayed, comes back, and is discarded after a question', async () => {
  const name = `lab/Bad-${Date.now()}`
  const answer = await fetch(`${stage.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.webhookToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      events: [
        {
          ...{ id: name, timestamp: new Date().toISOString(), action: 'push' },
          target: { mediaType: 'x', size: 1, digest: 'no digest', repository: name, tag: 'v1' },
        },
      ],
    }),
  })
  expect(answer.status).toBe(202)
  const page = await open('/quarantine')
  const event = page.getByRole('listitem').filter({ hasText: name })
  await expect
    .poll(async () => {
      await page.reload()
      await page.getByRole('heading', { name: 'Quarantine' }).waitFor()
      await page.locator('.list, .empty').first().waitFor()
      return event.count()
    })
    .toBe(1)
  await event.getByRole('button', { name: 'Replay' }).click()
  await page.getByText('Replayed').waitFor()
  await expect
    .poll(async () => {
      await page.reload()
      await page.locator('.list, .empty').first().waitFor()
      return event.count()
    })
    .toBe(1)
  await event.getByRole('button', { name: 'Discard…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Discard', exact: true }).click()
  await page.getByText('Discarded').waitFor()
  await expect.poll(() => event.count()).toBe(0)
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('the public catalogue is searched and read without logging in; names in its URL are text', async () => {
  const page = await browser.open({ reducedMotion: 'reduce' })
  await page.goto(stage.url)
  await page.getByRole('link', { name: 'Look at the catalogue without logging in' }).click()
  await page.getByLabel('Search').fill('shop/w')
  await expect.poll(() => page.getByRole('rowheader').allTextContents()).toEqual(['ci/shop/web'])
  expect(page.url()).toContain('search=shop')
  await page.getByRole('link', { name: 'ci/shop/web' }).click()
  await page.getByRole('link', { name: 'shop/web', exact: true }).click()
  await page.getByRole('rowheader', { name: 'main' }).first().waitFor()
  await page.goBack()
  await page.goBack()
  await expect.poll(() => page.getByLabel('Search').inputValue()).toBe('shop/w')
  await page.goto(`${stage.url}/catalogue?project=%E2%80%AEgnp`)
  await page.getByRole('heading', { name: '\\u{202e}gnp' }).waitFor()
  expect(await page.title()).not.toContain('\u202e')
  expect(await page.locator('body').textContent()).not.toContain('\u202e')
  await page.context().close()
})
