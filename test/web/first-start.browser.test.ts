import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabBrowser, logIn, startBrowser } from '../../lab/browser.ts'
import { freePort } from '../../lab/ports.ts'
import { ADMIN_TOKEN, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

let tallyman: LabTallyman
let browser: LabBrowser
let url: string
beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  tallyman = await startTallyman(
    { server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port } },
    { queues: [] },
  )
  await tallyman.app.listen({ port, host: '127.0.0.1' })
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
  await tallyman.close()
})

test('before the first push, the pages say what is to be done, and nobody sees a bare 0', async () => {
  const page = await browser.open({ reducedMotion: 'reduce' })
  await logIn(page, url, ADMIN_TOKEN)
  await page.getByText('Nothing was pushed yet').waitFor()
  await page.getByText('includereferences: true').waitFor()
  await page.goto(`${url}/projects`)
  await page.getByText('No project yet').waitFor()
  for (const path of ['/plan', '/runs', '/trash', '/promotions', '/alerts', '/quarantine']) {
    await page.goto(url + path)
    await page.locator('.empty').first().waitFor()
  }
  expect(page.faults).toEqual([])
  await page.context().close()
})
