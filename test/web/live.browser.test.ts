import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'

const stage = inject('stage')
let browser: LabBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

type Columns = Record<string, unknown[]>

/** The overview with 400 projects, and changes of it that come when the test says so. */
async function openMany() {
  const page = await browser.open({ reducedMotion: 'reduce' })
  await logIn(page, stage.url, stage.adminToken)
  const headers = { authorization: `Bearer ${stage.readToken}` }
  const real = await (await fetch(`${stage.url}/v1/overview`, { headers })).json()
  const columns = real.projects as Columns
  const rows = (ids: readonly string[], changed: Record<string, unknown> = {}): Columns =>
    Object.fromEntries(
      Object.entries(columns).map(([key, [value]]) => [
        key,
        ids.map((id) => (key === 'id' ? id : (changed[key] ?? value))),
      ]),
    )
  const ids = Array.from({ length: 400 }, (_, n) => `ci/g${n % 20}/p${n}`)
  const whole = {
    ...{ ...real, projects: rows(ids) },
    registries: real.registries.map((one: { registry: string }) => ({
      ...{ ...one, projects: one.registry === 'ci' ? 400 : 0 },
    })),
  }
  await page.route('**/v1/overview', (route) => route.fulfill({ json: whole }))
  await page.addInitScript(`
    window.EventSource = class extends EventTarget {
      static CLOSED = 2
      readyState = 1
      constructor() {
        super()
        window.source = this
        setTimeout(() => this.onopen?.())
      }
      close() {
        this.readyState = 2
      }
    }`)
  const change = (projects: Columns) =>
    page.evaluate(
      (data) =>
        Object(globalThis).source.dispatchEvent(new MessageEvent('change', { data: JSON.stringify(data) })),
      { ...whole, projects, gone: [] },
    )
  return { page, rows, change }
}
const scrolled = (page: LabPage) => page.locator('.tree-box').evaluate((box) => box.scrollTop)

test('the table stays where one has scrolled to, and keeps its row, while numbers change and projects come', async () => {
  const { page, rows, change } = await openMany()
  await page.goto(`${stage.url}/?list=projects&sort=name`)
  await page.getByRole('row', { name: /g0\/p0/ }).waitFor()
  await page.locator('.tree-box').evaluate((box) => {
    box.scrollTop = 3_000
  })
  await expect.poll(() => page.locator('[data-row="0"]').count()).toBe(0)
  const inSight = (await page.locator('[data-row="90"] .tree-link').getAttribute('title')) ?? ''
  await change(rows([inSight], { uniqueBytes: 4_242_424 }))
  await expect.poll(() => page.getByText('4.0 MiB').count()).toBeGreaterThan(0)
  expect(await scrolled(page)).toBe(3_000)
  await change(rows(['ci/new/one']))
  await page.getByText('All 401 projects').waitFor()
  expect(await scrolled(page)).toBe(3_000)
  await page.context().close()
})

test('an overview that stays open keeps no trace of each drawing', async () => {
  const { page, rows, change } = await openMany()
  await page.goto(stage.url)
  await page.getByRole('row', { name: /g0/ }).first().waitFor()
  for (let n = 1; n <= 5; n++) {
    await change(rows(['ci/g1/p1'], { uniqueBytes: n * 2 ** 40 }))
    await page.getByText(`${n}.0 TiB`).first().waitFor()
  }
  expect(await page.evaluate("performance.getEntriesByType('mark').length")).toBeLessThanOrEqual(1)
  await page.context().close()
})

test('a stream that is cut is told, and is live again once it comes back', async () => {
  const page = await browser.open({ reducedMotion: 'reduce' })
  await logIn(page, stage.url, stage.adminToken)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.route('**/v1/overview**', (route) => route.abort())
  await page.reload()
  await page.getByText('Tallyman does not answer').waitFor()
  await page.unrouteAll()
  await page.getByText('Live', { exact: true }).waitFor()
  await page.route('**/v1/overview/live*', (route) => route.abort())
  await page.reload()
  await page.getByText('Live updates stopped').waitFor()
  await page.getByRole('treegrid').waitFor()
  await page.unrouteAll()
  await page.getByText('Live', { exact: true }).waitFor()
  await page.context().close()
})
