import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { barriers, type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

/** From a plan to a run and back from the trash, on images of this file: the demo's policy keeps the newest pr-* of a repository. */
const stage = inject('stage')
const client = makeRegistryClient({ name: 'ci', url: stage.ciUrl })
let browser: LabBrowser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
  await client.close()
})

async function read<T>(path: string): Promise<T> {
  const answer = await fetch(`${stage.url}${path}`, {
    headers: { authorization: `Bearer ${stage.adminToken}` },
  })
  return answer.json() as Promise<T>
}
interface Plan {
  plans: { decisions: unknown[] }[]
}

/** Pushes pr-1, pr-2 and so on to a repository of its own, and waits until two seconds after the policy lets all but the newest go. */
async function pushed(count: number): Promise<{ repository: string; project: string }> {
  const repository = `lab/plan-${randomUUID().slice(0, 8)}`
  for (let n = 1; n <= count; n++) {
    const layers = [{ seed: `${repository} ${n}`, bytes: 20_000 * n }]
    await pushImage(client, repository, `pr-${n}`, makeImage({ layers, label: `${repository} ${n}` }))
  }
  const project = `ci/${repository}`
  const query = new URLSearchParams({ policy: 'pull-requests', project, verdict: 'delete' })
  await expect
    .poll(async () => (await read<Plan>(`/v1/expiry/plan?${query}`)).plans?.[0]?.decisions.length)
    .toBe(count - 1)
  return { repository, project }
}

async function open(path: string, token = stage.adminToken): Promise<LabPage> {
  const page = await browser.open({ reducedMotion: 'reduce' })
  page.setDefaultTimeout(120_000)
  await logIn(page, stage.url, token)
  await page.goto(`${stage.url}${path}`)
  return page
}
const planOf = (project: string, more = {}) =>
  `/plan?${new URLSearchParams({ policy: 'pull-requests', project, ...more })}`

test('a plan is searched, and another number of its rule shows what that would free, and its YAML', async () => {
  const { repository, project } = await pushed(4)
  const page = await open(planOf(project))
  const goes = page.getByRole('region', { name: 'Goes' })
  await goes.getByRole('button', { name: `${repository}:pr-1` }).waitFor()
  expect(await goes.getByRole('listitem').count()).toBe(3)
  await page.getByLabel('Search images').fill('pr-2')
  await expect.poll(() => goes.getByRole('listitem').count()).toBe(1)
  expect(new URL(page.url()).searchParams.get('q')).toBe('pr-2')
  await page.getByLabel('Search images').fill('')

  await goes.getByRole('button', { name: `${repository}:pr-3` }).click()
  const details = page.getByRole('dialog')
  await details.getByText('by "keep 1 newest pr-*" it is number 2').waitFor()
  await details.getByRole('button', { name: 'Close' }).click()

  await page.getByRole('combobox', { name: 'Try another number' }).selectOption('0.newest')
  const panel = page.getByRole('region', { name: 'Try another number' })
  await panel.getByText('with 3 images').waitFor()
  await panel.getByRole('slider').focus()
  await page.keyboard.press('ArrowRight')
  await panel.getByText('with 2 images').waitFor()
  await panel.getByText('- { tag: "pr-*", keep: { newest: 2 } }').waitFor()
  await expect.poll(() => goes.getByRole('listitem').count()).toBe(2)
  // The lists are of a rule that is not configured.
  expect(await page.getByRole('button', { name: 'Apply this plan…' }).isDisabled()).toBe(true)
  expect(await barriers(page)).toEqual([])
  await page.reload()
  await panel.getByText('- { tag: "pr-*", keep: { newest: 2 } }').waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('a plan is applied by its id once the project is typed; its run tells all; the trash brings an image back', async () => {
  const { repository, project } = await pushed(3)
  const page = await open(planOf(project))
  await page.getByRole('button', { name: 'Apply this plan…' }).click()
  const dialog = page.getByRole('dialog')
  const apply = dialog.getByRole('button', { name: 'Delete', exact: true })
  expect(await apply.isDisabled()).toBe(true)
  const plan = await dialog.locator('code').first().textContent()
  await dialog.getByRole('textbox').fill(project)
  await apply.click()

  await page.getByRole('heading', { name: 'Run of pull-requests' }).waitFor()
  await page.getByText('2 images deleted').waitFor()
  const id = new URL(page.url()).pathname.split('/').at(-1)
  const run = await read(`/v1/expiry/runs/${id}`)
  expect(run).toMatchObject({ state: 'done', plan: { id: plan, images: 2 }, outcomes: { deleted: 2 } })
  await page.getByRole('rowheader', { name: `${repository}:pr-1` }).waitFor()
  expect(await barriers(page)).toEqual([])

  await page.getByRole('link', { name: 'in the trash' }).first().click()
  await page.getByRole('heading', { name: 'Trash' }).waitFor()
  await page.getByLabel(`Choose ${repository}:pr-1`).check()
  await page.getByLabel(`Choose ${repository}:pr-2`).check()
  await page.getByRole('button', { name: 'Restore 2 images…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Restore' }).click()
  await page.getByText('2 images are back.').waitFor()
  await expect.poll(() => page.getByText('restored', { exact: true }).count()).toBe(2)
  expect(await client.headManifest(repository, 'pr-1')).toBeDefined()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('what has become old since the plan was looked at is not deleted with it', async () => {
  const { repository, project } = await pushed(2)
  const page = await open(planOf(project))
  await page.getByRole('button', { name: 'Apply this plan…' }).click()
  // Two newer ones: now pr-2 would go, too, and it was not shown.
  for (const n of [3, 4])
    await pushImage(
      client,
      repository,
      `pr-${n}`,
      makeImage({ layers: [{ seed: `${repository} ${n}`, bytes: 99 }] }),
    )
  const query = new URLSearchParams({ policy: 'pull-requests', project, verdict: 'delete' })
  await expect
    .poll(async () => (await read<Plan>(`/v1/expiry/plan?${query}`)).plans[0]?.decisions.length)
    .toBe(3)
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox').fill(project)
  await dialog.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByText('1 image deleted').waitFor()
  expect(await client.headManifest(repository, 'pr-2')).toBeDefined()
  expect(await client.headManifest(repository, 'pr-1')).toBeUndefined()
  await page.context().close()
})

test('of 100,000 images only those that are seen are drawn, wherever one scrolls to', async () => {
  const page = await browser.open({ reducedMotion: 'reduce' })
  // To hand 36 MB to the browser takes long.
  page.setDefaultTimeout(200_000)
  const about = { policy: 'pull-requests', project: 'ci/lab/many', repository: 'lab/many', verdict: 'delete' }
  const image = { ...about, rule: 'expire pr-*', reason: 'it is old', ageSource: 'event', isUseKnown: true }
  const times = { age: '2026-01-01T00:00:00Z', lastUse: null }
  const lines = Array.from({ length: 100_000 }, (_, n) =>
    JSON.stringify({
      ...{ ...image, ...times, digest: `sha256:${String(n).padStart(64, '0')}`, tags: [`pr-${n}`] },
      ...{ sizeBytes: 2, reclaimableBytes: 100_000 - n },
    }),
  )
  const end = {
    asOf: new Date().toISOString(),
    policies: [],
    undo: { until: null, text: '' },
    images: 100_000,
  }
  await page.route('**/v1/expiry/plan?*', (route) =>
    route.fulfill({
      contentType: 'application/x-ndjson',
      body: [...lines, JSON.stringify(end)].join('\n'),
    }),
  )
  await logIn(page, stage.url, stage.adminToken)
  await page.goto(`${stage.url}/plan?policy=pull-requests`)
  const goes = page.getByRole('region', { name: 'Goes' })
  await goes.getByText('lab/many:pr-0', { exact: true }).waitFor()
  await page.getByText('100,000 images', { exact: true }).waitFor()
  await page.getByText('5,000,050,000 bytes').waitFor()
  expect(await goes.getByRole('listitem').count()).toBeLessThan(40)
  await goes.evaluate((list) => list.scrollTo(0, list.scrollHeight))
  await goes.getByText('lab/many:pr-99999', { exact: true }).waitFor()
  expect(await goes.getByRole('listitem').count()).toBeLessThan(40)
  await page.getByLabel('Search images').fill('pr-4711')
  await goes.getByText('lab/many:pr-47110', { exact: true }).waitFor()
  await expect.poll(() => goes.getByRole('listitem').count()).toBe(11)
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('who may only read is offered nothing that changes anything', async () => {
  const { project } = await pushed(2)
  for (const path of [planOf(project), '/trash', '/promotions']) {
    const page = await open(path, stage.readToken)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    for (const name of [/Apply/, /Dry run/, /Restore/, /Delete/, /Ask for/])
      expect(await page.getByRole('button', { name }).count()).toBe(0)
    await page.context().close()
  }
})
