import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'
import { RECENTLY } from '../../lab/recently.ts'

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
  // Its cells are laid out once its size is known.
  await page.getByRole('application', { name: /[1-9]\d* cells/ }).waitFor()
  return page
}
const pathOf = (page: LabPage) => decodeURIComponent(page.url().slice(stage.url.length))

test('a zoom goes from the registry to a group, a project and its repositories, and back goes back', async () => {
  const page = await open('/')
  const map = page.getByRole('application')
  await map.focus()
  await map.press('Enter')
  await page.waitForURL(/at=ci/)
  const first = pathOf(page)
  await map.focus()
  await map.press('Enter')
  await page.waitForURL((url) => !url.href.endsWith(first))
  const project = pathOf(page)
  expect(project).toMatch(/^\/\?at=ci\/[\w-]+\/[\w-]+$/)
  await page.getByRole('link', { name: 'Open the project' }).waitFor()
  await page.getByRole('treegrid').getByRole('row').nth(1).waitFor()
  await page.goBack()
  expect(pathOf(page)).toBe(first)
  await map.focus()
  await map.press('Escape')
  await page.waitForURL(/at=ci$/)
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('a click on a cell zooms in, and the way back is a link', async () => {
  const page = await open('/?at=ci/shop')
  const canvas = page.locator('.treemap canvas')
  await canvas.hover({ position: { x: 20, y: 40 } })
  await page.locator('.treemap-tip').waitFor()
  await canvas.click({ position: { x: 20, y: 40 } })
  await page.waitForURL(/at=ci\/shop\/\w+/)
  await page.getByRole('navigation', { name: 'What is shown' }).getByRole('link', { name: 'shop' }).click()
  await page.waitForURL(/at=ci\/shop$/)
  await page.context().close()
})

test('the table is sorted by a column, and the URL says so', async () => {
  const page = await open('/?list=projects')
  const names = async () =>
    (await page.getByRole('treegrid').locator('.tree-link').allTextContents()).filter(
      (name) => !name.includes('live-'),
    )
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
  await page.waitForURL(/sort=name/)
  const up = await names()
  expect(up).toEqual(up.toSorted())
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click()
  await page.waitForURL(/sort=-name/)
  expect(await names()).toEqual(up.toReversed())
  await page.reload()
  await page.getByRole('application').waitFor()
  expect(await page.getByRole('columnheader', { name: 'Name' }).getAttribute('aria-sort')).toBe('descending')
  await page.context().close()
})

test('groups of the table open with the arrow keys', async () => {
  const page = await open('/')
  const group = page.getByRole('treegrid').getByRole('row', { name: /shop/ }).first()
  await group.focus()
  await group.press('ArrowRight')
  await page.getByRole('treegrid').getByRole('row', { name: /^web/ }).waitFor()
  expect(await group.getAttribute('aria-expanded')).toBe('true')
  await group.press('ArrowLeft')
  expect(await group.getAttribute('aria-expanded')).toBe('false')
  await page.context().close()
})

test('a push appears while one looks', async () => {
  const page = await open('/?list=projects&sort=name')
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor()
  const name = `live-${Date.now()}`
  const target = {
    ...{
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      size: 500,
      tag: 'v1',
      references: [],
    },
    ...{ digest: `sha256:${'c'.repeat(64)}`, repository: `browser-test/${name}` },
  }
  const answer = await fetch(`${stage.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: 'Bearer demo-webhook-token-0001', 'content-type': 'application/json' },
    body: JSON.stringify({ events: [{ id: name, timestamp: RECENTLY, action: 'push', target }] }),
  })
  expect(answer.status).toBe(202)
  await page
    .getByRole('treegrid')
    .getByRole('row', { name: new RegExp(name) })
    .waitFor()
  await page.context().close()
})

test('if live updates stop, the page says so, and tries again', async () => {
  const page = await open('/')
  await page.route('**/v1/overview/live*', (route) => route.abort())
  await page.reload()
  await page.getByText('Live updates stopped, trying again').waitFor()
  await page.unroute('**/v1/overview/live*')
  // By itself.
  await page.getByRole('status').getByText('Live', { exact: true }).waitFor()
  await page.context().close()
})

test('the timeline tells its marks and its numbers as text', async () => {
  const page = await open('/')
  await page.getByRole('list', { name: 'What explains the steps' }).getByText('Expiry').first().waitFor()
  await page.getByText('The numbers as a table').click()
  await page.getByRole('columnheader', { name: 'Stored' }).waitFor()
  await page.context().close()
})
