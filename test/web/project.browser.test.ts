import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { barriers, isTooWide, type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'
import { makeImage, makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { eventually } from '../../lab/tallyman.ts'
import { messageOf } from '../../src/alerts/message-of.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { sampleAlert } from '../alerts/sample-alert.ts'

const stage = inject('stage')
const client = makeRegistryClient({ name: 'ci', url: stage.ciUrl })
/** Names of their own, so that the tests may run again on the same stage. */
const own = `looked-at-${Date.now().toString(36)}`
const repository = `${own}/app`
const project = `ci/${repository}`

async function api<Body>(path: string, init: RequestInit = {}): Promise<Body> {
  const headers = { authorization: `Bearer ${stage.adminToken}`, 'content-type': 'application/json' }
  const answer = await fetch(`${stage.url}${path}`, { ...init, headers })
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as Body
}

let browser: LabBrowser
beforeAll(async () => {
  browser = await startBrowser()
  const base = { seed: 'base', bytes: 300_000 }
  const image = (seed: string) => makeImage({ layers: [base, { seed: `${own} ${seed}`, bytes: 200_000 }] })
  await pushImage(client, repository, 'v1.0.0', image('one'))
  await pushImage(client, repository, 'v2.0.0', image('two'))
  await pushImage(client, repository, 'moved', image('left behind'))
  await pushImage(client, repository, 'moved', image('three'))
  const index = makeIndex(
    ['amd64', 'arm64'].map((architecture) => ({ image: image(architecture), architecture })),
  )
  await pushImage(client, repository, 'multi', index)
  await eventually(
    () => api<{ tags: number; manifests: number; unresolved: number }>(`/v1/projects/${project}`),
    ({ tags, manifests, unresolved }) => tags === 4 && manifests === 7 && unresolved === 0,
  )
})
afterAll(() => browser.close())

async function open(token: string, path = `/projects/${project}`, options = {}): Promise<LabPage> {
  const page = await browser.open({ reducedMotion: 'reduce', ...options })
  await logIn(page, stage.url, token)
  await page.goto(`${stage.url}${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
  return page
}
const rowOf = (page: LabPage, tag: string) =>
  page.getByRole('row').filter({ has: page.getByText(tag, { exact: true }) })

test('from the search to a project, its repository, and what an image of it frees', async () => {
  const page = await open(stage.readToken, '/projects')
  await page.getByLabel('Search projects').fill(own)
  await page.getByRole('link', { name: project }).click()
  await page.getByRole('heading', { level: 1, name: project }).waitFor()
  // Its only repository is open at once.
  await rowOf(page, 'v1.0.0').waitFor()
  const { images } = await api<{ images: { tags: { name: string }[]; freesBytes: number }[] }>(
    `/v1/projects/${project}/-/contents?repository=${repository}`,
  )
  const frees = images.find(({ tags }) => tags.some(({ name }) => name === 'v1.0.0'))?.freesBytes ?? 0
  expect(frees).toBeGreaterThan(200_000)
  await rowOf(page, 'v1.0.0')
    .getByTitle(`${frees.toLocaleString('en')} bytes`)
    .first()
    .waitFor()
  const strip = rowOf(page, 'v1.0.0').getByRole('img')
  expect(await strip.getAttribute('aria-label')).toMatch(/^3 layers: .* only in this image, .* other images/)
  expect(page.faults).toEqual([])
  expect(await barriers(page)).toEqual([])
  await page.context().close()
})

test('parts are folded below their index, and what a tag left behind is listed with the reason', async () => {
  const page = await open(stage.readToken)
  await page.getByRole('button', { name: 'Details of multi' }).click()
  await page.getByRole('heading', { name: 'Parts' }).waitFor()
  await page.getByRole('button', { name: 'Without a tag: 1' }).click()
  await page.getByText('Its tag was moved or deleted').first().waitFor()
  await expect.poll(() => page.url()).toContain('show=untagged')
  await page.goBack()
  await rowOf(page, 'v2.0.0').waitFor()
  await page.getByLabel('Search tags').fill('V2')
  await expect.poll(() => rowOf(page, 'v1.0.0').count()).toBe(0)
  await rowOf(page, 'v2.0.0').waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('who may only read sees no button that would be refused', async () => {
  const page = await open(stage.readToken)
  await rowOf(page, 'v1.0.0').waitFor()
  for (const name of [/^Keep/, /^Promote/, /^Change quota/, /^Snooze/])
    expect(await page.getByRole('button', { name }).count()).toBe(0)
  await page.context().close()
})

test('keeps an image, and ends the keep', async () => {
  const page = await open(stage.adminToken)
  await rowOf(page, 'v1.0.0').getByRole('button', { name: 'Keep…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('For how long').selectOption('7 days')
  await dialog.getByLabel('Why').fill('a customer runs it')
  expect(await barriers(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Keep it' }).click()
  await page.getByText(`${project}:v1.0.0 is kept`).waitFor()
  await rowOf(page, 'v1.0.0').getByText('kept', { exact: true }).waitFor()
  await page.getByText('a customer runs it').waitFor()
  const keeps = async () =>
    (await api<{ keeps: { image: string }[] }>(`/v1/expiry/keeps?project=${project}`)).keeps
  expect((await keeps()).map(({ image }) => image)).toEqual([`${project}:v1.0.0`])
  await rowOf(page, 'v1.0.0').getByRole('button', { name: 'Unkeep…' }).click()
  await page.getByRole('button', { name: 'End the keep' }).click()
  await page.getByText('is not kept any more').waitFor()
  expect(await keeps()).toEqual([])
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('changes the quota for a while, is told what is wrong with a limit, and takes it back', async () => {
  const page = await open(stage.adminToken)
  await page.getByRole('button', { name: 'Change quota…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Limit').fill('5 apples')
  await dialog.getByText('Expected a size such as 50GiB').first().waitFor()
  await dialog.getByRole('button', { name: 'Change it' }).click()
  await dialog.getByRole('alert').waitFor()
  await dialog.getByLabel('Limit').fill('10MiB')
  await dialog.getByText(/are used now: \d+ % of it/).waitFor()
  await dialog.getByLabel('Why').fill('a move of data')
  await dialog.getByRole('button', { name: 'Change it' }).click()
  await page.getByText(`The limit of ${project} is 10MiB`).waitFor()
  await page.getByText('a move of data').waitFor()
  await page.getByText(/\d+ % of 10\.0 MiB/).waitFor()
  await page.getByRole('button', { name: 'Take the change back…' }).click()
  await page.getByRole('button', { name: 'Take it back', exact: true }).click()
  await page.getByText('No quota limits it.').waitFor()
  expect(
    (
      await api<{ override: unknown }>(
        `/v1/projects/${project}/quota`.replace(project, encodeURIComponent(project)),
      )
    ).override,
  ).toBe(null)
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('snoozes alerts, and ends the snooze', async () => {
  const page = await open(stage.adminToken)
  await page.getByRole('button', { name: 'Snooze alerts…' }).click()
  await page.getByRole('button', { name: 'Snooze', exact: true }).click()
  await page.getByText('Alerts are snoozed').waitFor()
  await page.getByRole('button', { name: 'End the snooze…' }).click()
  await page.getByRole('button', { name: 'End it', exact: true }).click()
  await page.getByRole('button', { name: 'Snooze alerts…' }).waitFor()
  await page.context().close()
})

test('promotes an image to another registry, and leads to how far it is', async () => {
  const page = await open(stage.adminToken)
  await rowOf(page, 'v2.0.0').getByRole('button', { name: 'Promote…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Where to (no rule copies it)').waitFor()
  await dialog.getByRole('radio', { name: /^production/ }).check()
  expect(await barriers(page)).toEqual([])
  await dialog.getByRole('button', { name: 'Ask for it' }).click()
  const link = page.getByRole('link', { name: 'How far it is' })
  await link.waitFor()
  const id = decodeURIComponent((await link.getAttribute('href'))?.replace('/promotions/', '') ?? '')
  const { receipt } = await eventually(
    () => api<{ state: string; receipt?: { to: object } }>(`/v1/promotions/${id}`),
    ({ state }) => state === 'promoted',
  )
  expect(receipt?.to).toMatchObject({ registry: 'production', repository, tag: 'v2.0.0' })
  await page.context().close()
})

test('hostile and very long names are shown as text', async () => {
  const html = '<img src=x onerror=alert(1)>'
  const turned = '<b>bold</b> \u202egnp.exe\u0007'
  const [tag, long] = ['t'.repeat(128), `${own}-long/${'a'.repeat(254 - own.length - 6)}`]
  const digest = (n: number) => `sha256:${String(n).repeat(64)}`
  const mediaType = 'application/vnd.docker.distribution.manifest.v2+json'
  const answer = await fetch(`${stage.url}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stage.webhookToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      events: [
        {
          ...{
            id: `${own}-hostile`,
            timestamp: new Date().toISOString(),
            action: 'push',
            actor: { name: html },
          },
          target: {
            ...{ mediaType, size: 500, digest: digest(7), repository: long, tag },
            references: [
              { mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: 9, digest: digest(8) },
            ],
          },
        },
      ],
    }),
  })
  expect(answer.status).toBe(202)
  await eventually(
    () => api<{ tags: number }>(`/v1/projects/ci/${long}`),
    ({ tags }) => tags === 1,
  )
  const id = encodeURIComponent(`ci/${long}`)
  await api(`/v1/alerts/snoozes/${id}`, {
    method: 'PUT',
    body: JSON.stringify({ for: '1d', why: turned, by: html }),
  })
  await api(`/v1/projects/${id}/quota`, {
    method: 'PUT',
    body: JSON.stringify({ limit: '1GiB', for: '1d', why: turned, by: html }),
  })
  for (const width of ['wide', 'phone'] as const)
    for (const path of [`/projects/ci/${long}`, `/projects?search=${own}-long`]) {
      const page = await open(stage.adminToken, path, { width })
      await page.getByText(html).first().waitFor()
      expect(await page.locator('img[src="x"], main b').count()).toBe(0)
      const text = await page.locator('main').textContent()
      for (const raw of ['\u202e', '\u0007']) expect(text).not.toContain(raw)
      if (!path.includes('?')) expect(text).toContain('<b>bold</b> \\u{202e}gnp.exe\\u{7}')
      expect([page.faults, await isTooWide(page), await barriers(page)]).toEqual([[], false, []])
      await page.context().close()
    }
  await api(`/v1/projects/${id}/quota`, { method: 'DELETE', body: '{}' })
  await api(`/v1/alerts/snoozes/${id}`, { method: 'DELETE', body: '{}' })
})

test('the links of an alert lead to its project and to the plan of it, also for a name that is none', async () => {
  const { links } = messageOf({ ...sampleAlert, project: repository }, stage.url)
  const [toProject = '', toPlan = ''] = links.map(({ url }) => url.slice(stage.url.length))
  const page = await open(stage.readToken, toProject)
  await page.getByRole('heading', { level: 1, name: project }).waitFor()
  await page.goto(`${stage.url}${toPlan}`)
  await eventually(
    () => page.getByLabel('Project').first().inputValue(),
    (value) => value === project,
  )
  const strange = messageOf({ ...sampleAlert, project: '../../login?x=#y' }, stage.url).links[0]
  await page.goto(strange?.url ?? '')
  await page.getByRole('heading', { level: 1, name: 'ci/../../login?x=#y' }).waitFor()
})
