import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'

const stage = inject('stage')
let browser: LabBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

async function open(path: string): Promise<LabPage> {
  const page = await browser.open({ reducedMotion: 'reduce' })
  await logIn(page, stage.url, stage.readToken)
  await page.goto(`${stage.url}${path}`)
  await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor()
  return page
}
const names = (page: LabPage) => page.getByRole('rowheader').getByRole('link')

test('a text narrows the list, the URL keeps it, and what matches nothing is said so', async () => {
  const page = await open('/projects')
  await names(page).filter({ hasText: 'ci/shop/web' }).waitFor()
  await page.getByLabel('Search projects').fill('SHOP/W')
  await expect.poll(() => names(page).allTextContents()).toEqual(['ci/shop/web'])
  await expect.poll(() => page.url()).toContain('search=SHOP%2FW')
  await page.reload()
  expect(await page.getByLabel('Search projects').inputValue()).toBe('SHOP/W')
  await expect.poll(() => names(page).allTextContents()).toEqual(['ci/shop/web'])
  await page.getByLabel('Search projects').fill('no such thing')
  await page.getByText('No project matches').waitFor()
  await page.getByRole('button', { name: 'Show all projects' }).click()
  await names(page).filter({ hasText: 'ci/data/etl' }).waitFor()
  expect(await page.getByLabel('Search projects').inputValue()).toBe('')
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('a head sorts, says so, and back undoes it', async () => {
  const page = await open('/projects?search=ci/')
  await names(page).first().waitFor()
  await page.getByRole('button', { name: 'Project', exact: true }).click()
  await expect.poll(() => page.url()).toContain('sort=name')
  const head = page.getByRole('columnheader', { name: 'Project' })
  await expect.poll(() => head.getAttribute('aria-sort')).toBe('ascending')
  const shown = async () => {
    const ids = await names(page).allTextContents()
    return ids.length > 1 && ids.join() === ids.toSorted().join()
  }
  await expect.poll(shown).toBe(true)
  await page.goBack()
  await expect.poll(() => head.getAttribute('aria-sort')).toBe('none')
  await page.getByLabel('Quota').selectOption('Over their quota')
  await expect.poll(() => page.url()).toContain('flag=over')
  await page.context().close()
})

test('the arrow keys go from project to project', async () => {
  const page = await open('/projects?search=ci/shop&sort=name')
  await names(page).nth(1).waitFor()
  await names(page).first().focus()
  await page.keyboard.press('ArrowDown')
  const second = await names(page).nth(1).textContent()
  expect(await page.evaluate('document.activeElement.textContent')).toBe(second)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: second ?? '' }).waitFor()
  await page.context().close()
})
