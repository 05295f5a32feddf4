import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { barriers, isTooWide, type LabBrowser, logIn, startBrowser } from '../../lab/browser.ts'

const stage = inject('stage')
let browser: LabBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

const PAGES = [
  '/',
  '/projects',
  '/projects/ci/shop/web',
  '/plan',
  '/runs',
  '/trash',
  '/replay',
  '/promotions',
  '/broken-images',
  '/alerts',
  '/registries',
  '/registries/ci/deliveries',
  '/storage',
  '/storage/ci',
  '/storage/production',
  '/queues',
  '/quarantine',
]

test.each(
  PAGES.flatMap((path) =>
    (['wide', 'phone'] as const).flatMap((width) =>
      (['light', 'dark'] as const).map((colorScheme) => ({ path, width, colorScheme })),
    ),
  ),
)('$path has no error and no barrier, $width and $colorScheme', async ({ path, width, colorScheme }) => {
  const page = await browser.open({ width, colorScheme, reducedMotion: 'reduce' })
  await logIn(page, stage.url, stage.readToken)
  await page.goto(`${stage.url}${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
  // On a busy machine the network is idle before the page has asked for all.
  await expect.poll(() => page.getByText('Loading', { exact: true }).count()).toBe(0)
  expect(page.faults).toEqual([])
  expect(await barriers(page)).toEqual([])
  expect(await isTooWide(page)).toBe(false)
  await page.context().close()
})

test.each(['/projects/%zz', '/no/such/page'])('%s is a page that is not there', async (path) => {
  const page = await browser.open()
  await logIn(page, stage.url, stage.readToken)
  await page.goto(`${stage.url}${path}`)
  await page.getByText('There is no such page').waitFor()
  await page.getByRole('link', { name: 'Go to the overview' }).click()
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test.each(['wide', 'phone'] as const)('everybody sees the catalogue, if it is public, %s', async (width) => {
  const page = await browser.open({ width })
  await page.goto(`${stage.url}/catalogue`)
  await page.getByRole('link', { name: 'ci/shop/api' }).click()
  await page.getByRole('link', { name: 'shop/api', exact: true }).click()
  await page.getByRole('rowheader', { name: 'v1.0.0' }).waitFor()
  expect(page.faults).toEqual([])
  expect(await barriers(page)).toEqual([])
  expect(await isTooWide(page)).toBe(false)
  await page.context().close()
})
