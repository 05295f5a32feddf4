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
  await logIn(page, stage.url, stage.adminToken)
  await page.goto(`${stage.url}${path}`)
  return page
}
/** The name of the element that has the focus, by its text. */
const focused = (page: LabPage) =>
  page.evaluate<string>('document.activeElement === document.body ? "" : document.activeElement.textContent')

test('a head of a table that sorts keeps the focus', async () => {
  const page = await open('/projects')
  await page.getByRole('rowheader').first().waitFor()
  await page.getByRole('button', { name: 'Project', exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/sort=name/)
  await page.getByRole('rowheader').first().waitFor()
  expect(await focused(page)).toContain('Project')
  await page.context().close()
})

test('Enter on a head of the tree table sorts, and does not go into a row', async () => {
  const page = await open('/')
  const table = page.getByRole('treegrid')
  await table.getByRole('button', { name: 'Exclusive' }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/sort=-exclusive/)
  expect(page.url()).not.toContain('at=')
  await table.getByRole('row').nth(1).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/at=/)
  await page.context().close()
})

test('a dialog gives the focus back to the button that opened it, however it is closed', async () => {
  const page = await open('/projects/ci/shop/web')
  const button = page.getByRole('button', { name: 'Change quota…' })
  for (const close of ['Escape', 'Cancel']) {
    await button.focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    if (close === 'Escape') await page.keyboard.press('Escape')
    else {
      await page.getByRole('dialog').getByRole('button', { name: close }).focus()
      await page.keyboard.press('Enter')
    }
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await focused(page)).toBe('Change quota…')
  }
  await page.context().close()
})

test('Escape does not hide how something ends that goes on', async () => {
  const page = await open('/projects/ci/shop/web')
  let answer = () => {}
  await page.route('**/quota', async (route) => {
    if (route.request().method() !== 'PUT') return route.continue()
    await new Promise<void>((resolve) => {
      answer = resolve
    })
    await route.fulfill({ status: 409, json: { detail: 'somebody else changed it' } })
  })
  await page.getByRole('button', { name: 'Change quota…' }).click()
  await page.getByRole('textbox', { name: 'Limit' }).fill('9MiB')
  const asked = page.waitForRequest((request) => request.method() === 'PUT')
  await page.getByRole('dialog').getByRole('button', { name: 'Change it' }).click()
  await asked
  await page.keyboard.press('Escape')
  expect(await page.getByRole('dialog').count()).toBe(1)
  answer()
  await page.getByRole('dialog').getByText('somebody else changed it').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.context().close()
})

test('two clicks on a button do one thing, and the focus stays near when its row goes', async () => {
  const page = await open('/')
  let retries = 0
  const job = { id: 'j-1', name: 'job', attempts: 1, failedReason: 'no answer', data: {} }
  await page.route(/\/v1\/jobs\/alerts\/failed\?/, (route) =>
    route.fulfill({
      json: {
        jobs: retries > 0 ? [] : [{ ...job, failedAt: '2026-11-01T00:00:00Z' }],
        next: null,
      },
    }),
  )
  await page.route('**/v1/jobs/alerts/j-1/retry', async (route) => {
    retries += 1
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    await route.fulfill({ json: {} })
  })
  await page.goto(`${stage.url}/queues?failed=alerts`)
  await page.getByRole('button', { name: 'Retry', exact: true }).dblclick()
  await page.getByText('Job j-1 runs again').waitFor()
  await page.getByText('No job has failed').waitFor()
  expect(retries).toBe(1)
  await expect.poll(() => focused(page)).toContain('Jobs of alerts that failed')
  await page.context().close()
})

test('why something was not done stays until somebody has read it', async () => {
  const page = await open('/')
  const job = { id: 'j-1', name: 'job', attempts: 1, failedReason: 'no answer', data: {} }
  await page.route(/\/v1\/jobs\/alerts\/failed\?/, (route) =>
    route.fulfill({ json: { jobs: [{ ...job, failedAt: '2026-11-01T00:00:00Z' }], next: null } }),
  )
  await page.route('**/v1/jobs/alerts/j-1/retry', (route) =>
    route.fulfill({ status: 409, json: { title: 'Conflict', status: 409, detail: 'the job runs by now' } }),
  )
  await page.goto(`${stage.url}/queues?failed=alerts`)
  await page.clock.install()
  await page.getByRole('button', { name: 'Retry', exact: true }).click()
  const failure = page.getByRole('alert').getByText('the job runs by now')
  await failure.waitFor()
  await page.clock.runFor(60_000)
  expect(await failure.isVisible()).toBe(true)
  await page.getByRole('button', { name: 'Close' }).click()
  await failure.waitFor({ state: 'detached' })
  await page.context().close()
})

test('a page has the focus on its title once, and takes it from nobody when more of it is known', async () => {
  const page = await open('/runs')
  await page.getByRole('rowheader').first().getByRole('link').click()
  await expect.poll(() => focused(page)).toMatch(/^(Run|Dry run of|Run of)/)
  let answer = () => {}
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  await page.route('**/v1/expiry/runs/*', async (route) => {
    await answered
    await route.continue()
  })
  // The old page may ask once more before it is left: only the title of the new one tells that it is there.
  await page.reload()
  await expect.poll(() => focused(page)).toBe('Run')
  await page.getByRole('link', { name: 'Trash', exact: true }).focus()
  answer()
  await page.getByRole('heading', { name: /un of / }).waitFor()
  expect(await focused(page)).toBe('Trash')
  await page.context().close()
})
