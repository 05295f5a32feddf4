import axe, { type Result } from 'axe-core'
import { type BrowserContextOptions, chromium, type Page } from 'playwright-core'

/** The widths that the dashboard is looked at with, in CSS pixels. */
export const VIEWPORTS = { wide: { width: 1360, height: 860 }, phone: { width: 390, height: 844 } } as const

export interface LabPage extends Page {
  /** What went wrong in the page so far: errors on the console, exceptions, and answers with a status from 500 on. */
  readonly faults: readonly string[]
}

export interface LabBrowser {
  /** A page with cookies of its own. */
  open(options?: BrowserContextOptions & { width?: keyof typeof VIEWPORTS }): Promise<LabPage>
  close(): Promise<void>
}

/** Starts Debian's Chromium, or the one that `$CHROMIUM` names. */
export async function startBrowser(): Promise<LabBrowser> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    // Its own sandbox does not start as root, nor in most containers. It loads pages of this machine only.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  })
  return {
    async open({ width = 'wide', ...options } = {}) {
      const context = await browser.newContext({ viewport: VIEWPORTS[width], locale: 'en-GB', ...options })
      const page = await context.newPage()
      const faults: string[] = []
      page.on('console', (message) => {
        // A refused request is shown by the page itself, and Chromium adds a line of its own.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
          faults.push(message.text())
      })
      page.on('pageerror', (error) => faults.push(String(error)))
      page.on('response', (answer) => {
        if (answer.status() >= 500) faults.push(`${answer.status()} ${answer.url()}`)
      })
      return Object.assign(page, { faults })
    },
    close: () => browser.close(),
  }
}

/** Logs in as a person would. */
export async function logIn(page: Page, url: string, token: string): Promise<void> {
  await page.goto(url)
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  // At phone width the places are behind a button.
  await page.getByRole('banner').waitFor()
}

/** What axe-core finds to be a serious barrier for some people, one line each. */
export async function barriers(page: Page): Promise<string[]> {
  // As the debugger does, not as a script of the page: its Content-Security-Policy stays as it is.
  await page.evaluate(axe.source)
  const found = await page.evaluate<Result[]>('axe.run(document).then(({ violations }) => violations)')
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`),
    )
}

/** Whether something is wider than the window, so that the whole page scrolls sideways. */
export const isTooWide = (page: Page): Promise<boolean> =>
  page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')
