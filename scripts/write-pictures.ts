import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { playedStage } from '../demo/played.ts'
import { logIn, startBrowser } from '../lab/browser.ts'

/** Takes the pictures of the dashboard that the documents show, on the demo's data. */
const FOLDER = join(import.meta.dirname, '../docs/images')
const PAGES = { overview: '/', storage: '/storage/ci' }

await mkdir(FOLDER, { recursive: true })
const stage = await playedStage()
const browser = await startBrowser()
try {
  const page = await browser.open({ width: 'wide', colorScheme: 'light', reducedMotion: 'reduce' })
  await logIn(page, stage.url, stage.adminToken)
  for (const [name, path] of Object.entries(PAGES)) {
    await page.goto(`${stage.url}${path}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    // The overview is never idle: it is told of changes.
    await page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' })
    // A plan is made for one project after the other.
    if (name === 'overview')
      await page.getByText('as far as').waitFor({ state: 'detached', timeout: 120_000 })
    await page.screenshot({ path: join(FOLDER, `${name}-wide.png`) })
  }
} finally {
  await browser.close()
  await stage.close()
}
// Programs that the stage started leave handles behind.
process.exit()
