import { afterAll, beforeAll, expect, test } from 'vitest'
import { barriers, isTooWide, type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'
import { type HookedRegistry, startHookedRegistry } from '../../lab/hooked-registry.ts'
import { freePort } from '../../lab/ports.ts'
import { ADMIN_TOKEN, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { configOf, fillWithGarbage, GARBAGE } from '../collection/collection-bed.ts'

// Collections of a registry of its own: pushes are refused meanwhile, which the demo's other visitors must not see.
let registry: HookedRegistry
let service: LabTallyman
let browser: LabBrowser
let url: string
beforeAll(async () => {
  registry = await startHookedRegistry()
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  service = await startTallyman({
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port },
    registries: { ci: configOf(registry, { barrier: { hold: 'hooks' }, idle: '1h', patience: '1ms' }) },
  })
  await service.app.listen({ port, host: '127.0.0.1' })
  browser = await startBrowser()
})
afterAll(async () => {
  await browser?.close()
  await service?.close()
  await registry?.close()
})

async function open(path: string): Promise<LabPage> {
  const page = await browser.open({ reducedMotion: 'reduce' })
  page.setDefaultTimeout(60_000)
  await logIn(page, url, ADMIN_TOKEN)
  await page.goto(`${url}${path}`)
  return page
}

const rowsOf = (page: LabPage) => page.getByRole('region', { name: 'Collections' }).getByRole('row')

/** Asks for a collection by hooks, in the dialog. */
async function collect(page: LabPage, waited: RegExp): Promise<void> {
  await page.getByRole('button', { name: 'Collect…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Behind the barrier: Tallyman moves the garbage').waitFor()
  await dialog.getByLabel('How').selectOption('by hooks')
  await dialog.getByText(waited).waitFor()
  await dialog.getByRole('button', { name: 'Collect', exact: true }).click()
  await dialog.waitFor({ state: 'detached' })
}

test('a registry is surveyed and collected; one that stays read-only is said loudly, until it is writable', async () => {
  await fillWithGarbage(registry)
  const page = await open('/storage/ci')
  await page.getByText('Not surveyed yet').waitFor()
  await page.getByText('No collection yet').waitFor()
  await page.getByRole('button', { name: 'Survey now' }).click()
  await page
    .getByRole('row', { name: /^Orphaned|^Unreferenced .* 2$/ })
    .first()
    .waitFor()

  // Escape asks for nothing, and gives the focus back.
  const button = page.getByRole('button', { name: 'Collect…' })
  await button.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await expect.poll(() => button.evaluate((it) => it === document.activeElement)).toBe(true)

  await registry.let('readOnlyOff', 'fail')
  await collect(page, /is not known: this was not done yet/)
  const alarm = page.getByRole('alert').filter({ hasText: 'ci is read-only' })
  await alarm.getByText(/attempt \d+ failed: .* ended with the status 3/).waitFor()
  await page.getByText('pushes are held', { exact: true }).waitFor()
  expect(await barriers(page)).toEqual([])
  await page.setViewportSize({ width: 390, height: 844 })
  expect(await isTooWide(page)).toBe(false)
  await page.setViewportSize({ width: 1280, height: 800 })

  await registry.letAgain('readOnlyOff', 'fail')
  await rowsOf(page).nth(1).getByText('done').waitFor()
  await expect.poll(() => alarm.count()).toBe(0)
  const freed = rowsOf(page)
    .nth(1)
    .getByTitle(`${GARBAGE.bytes.toLocaleString('en')} bytes`)
  // Freed, and promised.
  expect(await freed.count()).toBe(2)

  await rowsOf(page).nth(1).getByRole('link').click()
  await page.getByRole('heading', { level: 1, name: 'Collection of ci' }).waitFor()
  await page.getByText('Pushes are let in again').waitFor()
  await page.getByText(/attempt \d+ failed/).waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('one that runs is followed from phase to phase, and stopped after a question', async () => {
  await registry.let('collect', 'hang')
  const page = await open('/storage/ci')
  await collect(page, /^(The last time, pushes were held for [\d.]+ s|How long)/)
  await page.getByText('The collector of the registry runs').waitFor()
  expect(await page.getByRole('button', { name: 'Collect…' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Stop it…' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Stop it', exact: true }).click()
  await rowsOf(page).nth(1).getByText('stopped', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Collect…' }).waitFor()
  await registry.letAgain('collect', 'hang')
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('what is refused says why, and may be done all the same', async () => {
  const begun = await fetch(`${registry.url}/v2/team/app/blobs/uploads/`, { method: 'POST' })
  const page = await open('/storage/ci')
  try {
    await collect(page, /pushes/)
    const row = rowsOf(page).nth(1)
    await row.getByText('refused', { exact: true }).waitFor()
    await row.getByText('1 upload is in progress, in team/app').waitFor()
    await row.getByText('nothing', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Collect…' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('1 upload is in progress').waitFor()
    await dialog.getByLabel('How').selectOption('by hooks')
    await dialog.getByLabel('Collect whatever speaks against it').check()
    await dialog.getByRole('button', { name: 'Collect', exact: true }).click()
    await row.getByText('done', { exact: true }).waitFor()
    await row.getByRole('link').click()
    await page.getByText('by hooks, whatever speaks against it').waitFor()
    expect(page.faults).toEqual([])
  } finally {
    await fetch(begun.headers.get('location') ?? '', { method: 'DELETE' })
    await page.context().close()
  }
})
