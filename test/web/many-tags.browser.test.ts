import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabBrowser, logIn, startBrowser } from '../../lab/browser.ts'
import { digestOf } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

const TAGS = 10_000
let tallyman: LabTallyman
let browser: LabBrowser
let url: string
beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  tallyman = await startTallyman(
    { server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port } },
    { queues: ['events'] },
  )
  await tallyman.app.listen({ port, host: '127.0.0.1' })
  browser = await startBrowser()
  for (let from = 0; from < TAGS; from += 500)
    await tallyman.deliver({ events: Array.from({ length: 500 }, (_, n) => push(`build-${from + n}`)) })
  await tallyman.untilDone('events')
})
afterAll(async () => {
  await browser.close()
  await tallyman.close()
})

const push = (tag: string) => ({
  ...{ id: tag, timestamp: RECENTLY, action: 'push' },
  target: {
    ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size: 500, references: [] },
    ...{ digest: digestOf(Buffer.from(tag)), repository: 'team/app', tag },
  },
})

test('a project with 10,000 tags is read page by page; any tag is found, and back undoes the search', async () => {
  const page = await browser.open({ reducedMotion: 'reduce' })
  await logIn(page, url, ADMIN_TOKEN)
  await page.goto(`${url}/projects/ci/team/app?sort=name`)
  const images = page.getByRole('region', { name: 'Images of team/app' }).getByRole('rowheader')
  await expect.poll(() => images.count()).toBe(50)
  await page.getByRole('button', { name: 'Show more' }).click()
  await expect.poll(() => images.count()).toBe(100)
  await page.getByText('10,000 tags').first().waitFor()
  await page.getByLabel('Search tags').fill('build-9999')
  await expect.poll(() => images.count()).toBe(1)
  expect(page.url()).toContain('search=build-9999')
  await page.getByRole('link', { name: 'Projects', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor()
  await page.goBack()
  await expect.poll(() => images.count()).toBe(1)
  expect(await page.getByLabel('Search tags').inputValue()).toBe('build-9999')
  expect(page.faults).toEqual([])
  await page.context().close()
})
