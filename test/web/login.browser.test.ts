import { afterAll, beforeAll, expect, test } from 'vitest'
import { barriers, isTooWide, type LabBrowser, type LabPage, logIn, startBrowser } from '../../lab/browser.ts'
import { digestOf } from '../../lab/image.ts'
import { CLIENT, type LabOidcIssuer, startOidcIssuer } from '../../lab/oidc-issuer.ts'
import { freePort } from '../../lab/ports.ts'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

// Who may look, at a service of its own: with a login by OpenID Connect, and with tokens that end.
const ACCOUNTS = {
  ann: { email: 'ann@example.com', email_verified: true, groups: ['team-a'] },
  eve: { email: 'eve@example.com', groups: [] },
}
let issuer: LabOidcIssuer
let tallyman: LabTallyman
let browser: LabBrowser
let url: string
beforeAll(async () => {
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  issuer = await startOidcIssuer({ redirectUri: `${url}/v1/login/oidc/callback`, accounts: ACCOUNTS })
  tallyman = await startTallyman(
    {
      server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port, publicUrl: url },
      login: {
        oidc: {
          ...{ issuer: issuer.url, clientId: CLIENT.id, clientSecret: CLIENT.secret, name: 'Example' },
          ...{ scopes: ['profile', 'email', 'groups'] },
          grants: [{ group: 'team-a', verbs: ['read', 'expire'], projects: ['ci/team-a/**'] }],
        },
      },
    },
    { queues: ['events', 'quota'] },
  )
  await tallyman.app.listen({ port, host: '127.0.0.1' })
  browser = await startBrowser()
  await deliver(push('team-a/app', 'v1'), push('team-b/app', 'v1'))
})
afterAll(async () => {
  await browser.close()
  await tallyman.close()
  await issuer.close()
})

const HOSTILE = '<img src=x onerror="alert(1)">'
const LONG = `team-a/${'x'.repeat(240)}`
const push = (repository: string, tag: string) => ({
  ...{
    id: `${repository}:${tag}`.slice(-128),
    timestamp: RECENTLY,
    action: 'push',
    actor: { name: HOSTILE },
  },
  target: {
    ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size: 500, references: [] },
    ...{ digest: digestOf(Buffer.from(repository + tag)), repository, tag },
  },
})
async function deliver(...events: object[]) {
  expect(await tallyman.deliver({ events })).toBe(202)
  await tallyman.untilDone('events')
}
/** Makes a token of the team, which may only look. */
async function makeToken(name: string): Promise<string> {
  const answer = await tallyman.app.inject({
    ...{ method: 'POST', url: '/v1/tokens', headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
    payload: { name, projects: ['ci/team-a/**'], verbs: ['read'] },
  })
  return answer.json().secret
}
const revoke = (name: string) =>
  tallyman.app.inject({
    ...{ method: 'DELETE', url: `/v1/tokens/${name}`, headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
  })
/** Logs in at the issuer, as people do. */
async function viaIssuer(page: LabPage, login: string) {
  await page.getByRole('link', { name: 'Log in with Example' }).click()
  await page.locator('input[name=login]').fill(login)
  await page.locator('input[name=password]').fill('x')
  await page.locator('button[type=submit]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
}

test('somebody logs in with OpenID Connect, and comes to the page that they wanted', async () => {
  const page = await browser.open({ reducedMotion: 'reduce' })
  await page.goto(`${url}/projects?sort=name`)
  expect(await barriers(page)).toEqual([])
  await viaIssuer(page, 'ann')
  await page.getByRole('rowheader', { name: 'ci/team-a/app' }).waitFor()
  expect(page.url()).toBe(`${url}/projects?sort=name`)
  expect(await page.getByRole('rowheader').filter({ hasText: 'team-b' }).count()).toBe(0)
  await page.getByRole('banner').getByText('ann@example.com').waitFor()
  await page.getByRole('link', { name: 'ci/team-a/app', exact: true }).click()
  await page.getByRole('button', { name: 'Snooze alerts…' }).waitFor()
  expect(await page.getByRole('button', { name: 'Change quota…' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Log out' }).click()
  await page.getByLabel('Token').waitFor()
  expect(page.faults).toEqual([])
  await page.context().close()
})

test('who is in no group is told so, and may try a token', async () => {
  const page = await browser.open()
  await page.goto(url)
  await viaIssuer(page, 'eve')
  await page.getByRole('alert').waitFor()
  expect(await page.getByRole('alert').textContent()).toMatch(/group/)
  await page.getByLabel('Token').fill(READ_TOKEN)
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.context().close()
})

test('a token that only looks at a team sees pages that make sense, until it is revoked', async () => {
  const token = await makeToken('look')
  const page = await browser.open({ reducedMotion: 'reduce' })
  await logIn(page, url, token)
  const places = page.getByRole('navigation', { name: 'Pages' })
  expect(await places.getByRole('link').allTextContents()).toEqual([
    ...['Overview', 'Projects', 'Plan', 'Runs', 'Trash', 'Promotions', 'Broken images', 'Alerts'],
  ])
  await page.getByText('ci/team-a/app').first().waitFor()
  expect(await page.getByText('team-b').count()).toBe(0)
  await page.goto(`${url}/projects/ci/team-a/app`)
  await page.getByRole('rowheader').first().waitFor()
  expect(await page.getByRole('button', { name: /Keep|Promote|quota|Snooze/ }).count()).toBe(0)
  // By a URL that an admin shared.
  await page.goto(`${url}/queues`)
  await page.getByText('Not allowed.').waitFor()
  await page.goto(`${url}/projects/ci/team-b/app`)
  await page.getByText('There is no such project').waitFor()
  await revoke('look')
  await page.getByRole('link', { name: 'Projects', exact: true }).click()
  await page.getByText('Your session is over').waitFor()
  await page.context().close()
})

test('the live overview of a revoked token ends', async () => {
  const page = await browser.open()
  await logIn(page, url, await makeToken('live'))
  await page.getByText('Live', { exact: true }).waitFor()
  await revoke('live')
  // It is looked every 15 s whether who reads still may.
  await page.getByText('Your session is over').waitFor({ timeout: 120_000 })
  await page.context().close()
})

test('names with HTML, control and bidi characters are text; long ones widen no page', async () => {
  await deliver(push(LONG, 'v1'), push('team-a/app', 'x'.repeat(128)), push('team-a/\u202egnp', 'v1'))
  for (const width of ['wide', 'phone'] as const) {
    const page = await browser.open({ width, reducedMotion: 'reduce' })
    await logIn(page, url, ADMIN_TOKEN)
    for (const path of ['/', '/projects', `/projects/ci/${LONG}`, '/projects/ci/team-a/app', '/quarantine']) {
      await page.goto(url + path)
      await expect.poll(() => page.locator('main').textContent(), { message: path }).toContain('team-a')
      expect(await isTooWide(page), `${width} ${path}`).toBe(false)
      expect(await page.locator('img[src=x]').count()).toBe(0)
      expect(await page.locator('body').textContent()).not.toContain('\u202e')
    }
    // The name that no repository can have is told with what is wrong with it.
    expect(await page.getByRole('main').textContent()).toContain('\\u202egnp')
    await page.goto(`${url}/projects/ci/team-a/app`)
    await page.getByText(HOSTILE).first().waitFor()
    expect(page.faults).toEqual([])
    await page.context().close()
  }
})
