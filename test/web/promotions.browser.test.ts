import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { barriers, type LabBrowser, logIn, startBrowser } from '../../lab/browser.ts'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

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

async function open(path: string) {
  const page = await browser.open({ reducedMotion: 'reduce' })
  page.setDefaultTimeout(120_000)
  await logIn(page, stage.url, stage.adminToken)
  await page.goto(`${stage.url}${path}`)
  return page
}

test('somebody asks for a promotion, looks at its receipt, checks the target, and rolls it back', async () => {
  const repository = `lab/copy-${randomUUID().slice(0, 8)}`
  await pushImage(client, repository, '1.0', makeImage({ layers: [{ seed: repository, bytes: 30_000 }] }))
  const page = await open('/promotions')
  await page.getByRole('button', { name: 'Ask for a promotion…' }).click()
  await page.getByRole('textbox', { name: 'Image' }).fill(`ci/${repository}:1.0`)
  await page.getByRole('combobox', { name: 'Target registry' }).fill('production')
  await page.getByRole('button', { name: 'Ask for it' }).click()

  await page.getByText('promoted', { exact: true }).waitFor()
  await page.getByRole('heading', { name: 'Copied' }).waitFor()
  await page.getByRole('button', { name: 'Check against the target' }).click()
  await page.getByText('The target has what the receipt says.').waitFor()
  const file = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Receipt as JSON' }).click()
  expect((await file).suggestedFilename()).toMatch(/\.json$/)
  expect(await barriers(page)).toEqual([])

  await page.getByRole('button', { name: 'Roll back…' }).click()
  await page.getByRole('dialog').getByText('There was no tag before').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back', exact: true }).click()
  await page.getByRole('heading', { name: 'Rollback' }).waitFor()
  await page.getByText('nothing: it was deleted').waitFor()
  await page.getByRole('link', { name: 'this promotion' }).click()
  await page.getByText('It was rolled back').waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('a promotion that waits tells its gate, and why it is not open', async () => {
  const tag = `v9.9.${Date.now()}`
  await pushImage(client, 'shop/unsigned', tag, makeImage({ layers: [{ seed: tag, bytes: 500 }] }))
  const page = await open('/promotions?state=waiting')
  await expect
    .poll(async () => {
      await page.reload()
      await page.waitForLoadState('networkidle')
      return page.getByRole('link', { name: `ci/shop/unsigned:${tag}` }).count()
    })
    .toBe(1)
  await page.getByRole('link', { name: `ci/shop/unsigned:${tag}` }).click()
  await page.getByRole('heading', { name: 'Promotion', exact: true }).waitFor()
  await page.getByText('signature by release-team').first().waitFor()
  await page.getByText('waits', { exact: true }).first().waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('a promotion that cannot be is refused with the reason, in the dialog', async () => {
  const page = await open('/promotions')
  await page.getByRole('button', { name: 'Ask for a promotion…' }).click()
  await page.getByRole('textbox', { name: 'Image' }).fill('ci/lab/nothing-here:1.0')
  await page.getByRole('combobox', { name: 'Target registry' }).fill('production')
  await page.getByRole('button', { name: 'Ask for it' }).click()
  await page.getByRole('alert').waitFor()
  expect(await page.getByRole('alert').textContent()).toContain('lab/nothing-here')
  await page.context().close()
})
