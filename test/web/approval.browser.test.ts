import { afterAll, beforeAll, expect, test } from 'vitest'
import { barriers, type LabBrowser, logIn, startBrowser } from '../../lab/browser.ts'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { ADMIN_TOKEN, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

// The demo has no gate that waits for people, and copies too fast to be watched: this has both.
let ci: LabRegistry
let production: FaultyRegistry
let tallyman: LabTallyman
let browser: LabBrowser
let url: string
beforeAll(async () => {
  ;[ci, production, browser] = await Promise.all([startRegistry(), startFaultyRegistry(), startBrowser()])
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  tallyman = await startTallyman({
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port },
    registries: { ci: { url: ci.url, token: 'lab-webhook-token-0001' }, production: { url: production.url } },
    promotion: {
      rules: [
        {
          ...{ name: 'by-people', when: 'request', from: { registry: 'ci', repository: '**', tag: '*' } },
          ...{ to: { registry: 'production' }, gates: [{ type: 'approval', people: 2 }] },
        },
      ],
    },
  })
  await tallyman.app.listen({ port, host: '127.0.0.1' })
})
afterAll(async () => {
  await browser.close()
  await tallyman.close()
  await production.close()
  await ci.close()
})

test('two people approve a promotion, its copy is watched, and it arrives', async () => {
  const client = makeRegistryClient({ name: 'ci', url: ci.url })
  const layers = ['one', 'two', 'three'].map((seed) => ({ seed, bytes: 50_000 }))
  await pushImage(client, 'team/app', 'v1', makeImage({ layers }))
  await client.close()
  let goOn = () => {}
  const held = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let blobs = 0
  production.onRequest(async ({ method }) => {
    if (method === 'PUT') blobs += 1
    // The first blob arrives; the others do not before the page was looked at.
    if (method === 'PUT' && blobs > 1) await held
    return undefined
  })

  const page = await browser.open({ reducedMotion: 'reduce' })
  await logIn(page, url, ADMIN_TOKEN)
  await page.goto(`${url}/promotions`)
  await page.getByRole('button', { name: 'Ask for a promotion…' }).click()
  await page.getByRole('textbox', { name: 'Image' }).fill('ci/team/app:v1')
  await page.getByRole('combobox', { name: 'Rule' }).selectOption('by-people')
  await page.getByText('It waits for its gates').waitFor()
  await page.getByRole('button', { name: 'Ask for it' }).click()
  await page.getByText('approved by 0 of 2').first().waitFor()
  expect(await barriers(page)).toEqual([])

  const approve = async (name: string) => {
    await page.getByRole('button', { name: 'Approve…' }).click()
    await page.getByRole('textbox', { name: 'Your name' }).fill(name)
    await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
  await page.getByRole('button', { name: 'Approve…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Approve', exact: true }).click()
  await page.getByRole('alert').getByText('Say who approves it').waitFor()
  await page.keyboard.press('Escape')
  await approve('Ann')
  await page.getByText('approved by 1 of 2: Ann').first().waitFor()
  // The same person again is no second one.
  await approve('  ann ')
  await page.getByText('Approved by 1 of 2.').first().waitFor()
  await approve('Bob')

  const bar = page.getByRole('progressbar', { name: 'Progress of the copy' })
  await expect
    .poll(async () => ((await bar.count()) === 0 ? undefined : bar.getAttribute('value')))
    .toMatch(/^[1-9]\d?$/)
  await page.getByText(/ of 1\d\d\.\d KiB/).waitFor()
  expect(await page.getByRole('button', { name: 'Approve…' }).count()).toBe(0)
  expect(await barriers(page)).toEqual([])
  goOn()
  await page.getByText('promoted', { exact: true }).waitFor()
  await page.getByText('approved by 2 of 2: Ann, Bob').first().waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})
