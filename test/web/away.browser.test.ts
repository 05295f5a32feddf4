import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'

// What the dashboard shows while the service is slow, away, restarted, or answers with something else.
const stage = inject('stage')
let browser: LabBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser.close())

async function open(path = '/projects'): Promise<LabPage> {
  const page = await browser.open({ reducedMotion: 'reduce' })
  await logIn(page, stage.url, stage.adminToken)
  await page.goto(`${stage.url}${path}`)
  return page
}

test('a page that reads again every few seconds shows what answers more slowly than that', async () => {
  const page = await open()
  await page.route('**/v1/jobs', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 3_600))
    await route.continue().catch(() => {})
  })
  await page.goto(`${stage.url}/queues`)
  await page.getByRole('rowheader', { name: 'events' }).waitFor()
  await page.context().close()
})

test('a list stays while it is read again, with all of its pages', async () => {
  const page = await open()
  const run = {
    ...{ id: 'r', policy: 'p', registry: 'ci', state: 'running', dryRun: false, by: 'me' },
    ...{ at: new Date().toISOString(), progress: { planned: 9, done: 1, plannedBytes: 9, freedBytes: 1 } },
    outcomes: {
      deleted: 1,
      untagged: 0,
      planned: 0,
      plannedTags: 0,
      absent: 0,
      moved: 0,
      refused: 0,
      failed: 0,
    },
  }
  const image = (tag: string) => ({
    ...{
      repository: 'a/b',
      digest: `sha256:${tag}`,
      tags: [tag],
      outcome: 'deleted',
      reason: 'old',
      rule: null,
    },
    bytes: 1,
  })
  let firsts = 0
  await page.route('**/v1/expiry/runs/r', (route) => route.fulfill({ json: run }))
  await page.route('**/v1/expiry/runs/r/deletes?*', async (route) => {
    const isSecond = new URL(route.request().url()).searchParams.has('cursor')
    if (!isSecond) firsts += 1
    await route.fulfill({
      json: { deletes: [image(isSecond ? 'second' : 'first')], next: isSecond ? null : 'c' },
    })
  })
  await page.goto(`${stage.url}/runs/r`)
  await page.getByRole('button', { name: 'Show more' }).click()
  await page.getByText('a/b:second').waitFor()
  await page.evaluate(`
    window.least = document.querySelectorAll('tbody tr').length
    new MutationObserver(() => {
      window.least = Math.min(window.least, document.querySelectorAll('tbody tr').length)
    }).observe(document.body, { childList: true, subtree: true })`)
  const before = firsts
  // The second time begins after what came the first time is shown.
  await expect.poll(() => firsts).toBeGreaterThan(before + 1)
  expect(await page.evaluate('window.least')).toBe(2)
  expect(await page.getByText('a/b:second').count()).toBe(1)
  await page.context().close()
})

test('a job is followed through an answer that fails, and no longer once its page is left', async () => {
  const page = await open('/registries')
  let looks = 0
  await page.route('**/v1/registries/ci/reconcile', (route) =>
    route.fulfill({ status: 202, json: { job: { queue: 'reconcile', id: 'job-1' } } }),
  )
  await page.route('**/v1/jobs/reconcile/job-1', (route) => {
    looks += 1
    return looks === 1
      ? route.fulfill({ status: 503, body: '' })
      : route.fulfill({ json: { state: 'active' } })
  })
  await page.getByRole('button', { name: 'Reconcile', exact: true }).first().click()
  await expect.poll(() => looks).toBeGreaterThan(2)
  expect(await page.getByRole('alert').count()).toBe(0)
  await page.getByRole('link', { name: 'Projects', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Projects' }).waitFor()
  const left = looks
  await page.waitForTimeout(2_500)
  expect(looks).toBeLessThanOrEqual(left + 1)
  await page.context().close()
})

test('who cannot be logged out is told so', async () => {
  const page = await open()
  // The page asks for the session first: only then it has the button.
  const button = page.getByRole('button', { name: 'Log out' })
  await button.waitFor()
  await page.route('**/v1/session', (route) => route.abort())
  await button.click()
  await page.getByText('You are still logged in').waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('an answer of something else than Tallyman is told, and can be tried again', async () => {
  const page = await browser.open()
  await page.route('**/v1/session', (route) => route.fulfill({ contentType: 'text/html', body: '<html>' }))
  await page.goto(stage.url)
  await page.getByText('something else than Tallyman answered').waitFor()
  await page.unrouteAll()
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByLabel('Token').waitFor()
  await page.context().close()
})

test('a page whose files are gone, since Tallyman was updated, says so; loading again shows it', async () => {
  const page = await open()
  await page.getByRole('rowheader').first().waitFor()
  await page.route('**/assets/*', (route) => route.fulfill({ status: 404, body: '' }))
  await page.getByRole('link', { name: 'Queues', exact: true }).click()
  await page.getByRole('heading', { name: 'The page was not loaded' }).waitFor()
  await page.unrouteAll()
  await page.getByRole('button', { name: 'Load again' }).click()
  await page.getByRole('heading', { name: 'Queues' }).waitFor()
  await page.context().close()
})

test('an answer that the page cannot show breaks this page only, and says so', async () => {
  const page = await open()
  await page.route('**/v1/quarantine?*', (route) =>
    route.fulfill({ json: { events: [{ id: 'x', reason: null }], next: null } }),
  )
  await page.getByRole('link', { name: 'Quarantine', exact: true }).click()
  await page.getByRole('heading', { name: 'The page failed' }).waitFor()
  await page.getByRole('link', { name: 'Projects', exact: true }).click()
  await page.getByRole('rowheader').first().waitFor()
  await page.context().close()
})

test('a session that ends is told, and who logs in again is where they were', async () => {
  const page = await open('/queues')
  await page.getByRole('rowheader', { name: 'events' }).waitFor()
  await page.context().clearCookies()
  await page.getByText('Your session is over').waitFor()
  expect(await page.title()).toBe('Log in · Tallyman')
  await page.getByLabel('Token').fill(stage.adminToken)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('rowheader', { name: 'events' }).waitFor()
  expect(new URL(page.url()).pathname).toBe('/queues')
  await page.context().close()
})

test('a tab that is looked at again follows who has logged in elsewhere', async () => {
  const page = await open()
  const other = await page.context().newPage()
  await other.goto(stage.url)
  await other.getByRole('button', { name: 'Log out' }).click()
  await other.getByLabel('Token').fill(stage.readToken)
  await other.getByRole('button', { name: 'Log in', exact: true }).click()
  await other.getByRole('banner').getByText('read token').waitFor()
  await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
  await page.getByRole('banner').getByText('read token').waitFor()
  await page.context().close()
})

test('a URL that cannot be decoded is a page that is not there', async () => {
  const page = await open()
  for (const path of ['/projects/%zz', '/runs/%E0%A4%A']) {
    await page.goto(`${stage.url}${path}`)
    await page.getByRole('heading', { name: 'Nothing here' }).waitFor()
  }
  const answer = await fetch(`${stage.url}/v1/runs/%zz`)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  await page.context().close()
})

test('the plan of a policy or project that there is not shows no other plan, and no zeros', async () => {
  const page = await open('/plan?policy=gone')
  await page.getByText('There is no policy gone').waitFor()
  expect(await page.getByRole('button', { name: /Apply/ }).count()).toBe(0)
  await page.goto(`${stage.url}/plan?project=ci/nowhere`)
  await page.getByRole('alert').waitFor()
  await page.getByText('not known').first().waitFor()
  expect(await page.getByText('0 images').count()).toBe(0)
  expect(await page.getByText('Nothing goes.').count()).toBe(0)
  await page.context().close()
})
