import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import type { QuotaAlert } from '../../src/queue/alert.ts'
import { tallyman as command } from '../cli/cli-bed.ts'

let tallyman: LabTallyman
let url: string

let pushes = 0
/** Pushes a manifest of so many bytes that no other one shares. */
const push = (repository: string, size: number) => {
  pushes += 1
  return tallyman.deliver({
    events: [
      {
        ...{ id: `push-${pushes}`, timestamp: RECENTLY, action: 'push' },
        target: {
          ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size, repository },
          ...{ digest: `sha256:${String(pushes).padEnd(64, 'a')}`, tag: `v${pushes}`, references: [] },
        },
      },
    ],
  })
}

beforeAll(async () => {
  const over = { limit: '1000', grace: '1s' }
  tallyman = await startTallyman({
    quotas: [
      { project: 'ci/**', limit: '1GiB' },
      { project: 'ci/team/app', limit: '1000', warnAt: ['50%', '80%'] },
      { project: 'ci/late/*', ...over },
      { group: 'team', projects: ['ci/team/*'], limit: '2000' },
      { group: 'sums', projects: ['ci/sums/*'], limit: '2000' },
      { registry: 'ci', limit: '1MiB' },
      { project: 'ci/tagged/*', limit: '1000', measure: 'tagged' },
    ],
  })
  url = await tallyman.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => tallyman.close())

interface Raised {
  kind: string
  id: string
  flag: string
  mark: number | null
}
const flags = async () => (await tallyman.get<{ flags: Raised[] }>('/v1/flags')).flags
const flagOf = async (name: string) => (await flags()).find(({ id }) => id === name)?.flag ?? 'ok'
const untilFlag = (name: string, flag: string) =>
  eventually(
    () => flagOf(name),
    (found) => found === flag,
  )
const alertsOf = async (name: string) =>
  (await tallyman.get<{ alerts: QuotaAlert[] }>('/v1/alerts')).alerts
    .filter(
      (alert) => ('group' in alert ? alert.group : 'project' in alert && `ci/${alert.project}`) === name,
    )
    .toReversed()
const markOf = (alert: QuotaAlert) => ('mark' in alert ? alert.mark : undefined)
const send = (method: 'PUT' | 'DELETE', project: string, body?: object) =>
  tallyman.app.inject({
    ...{ method, url: `/v1/projects/${encodeURIComponent(project)}/quota` },
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
    ...(body && { payload: body }),
  })
const run = (...argv: string[]) =>
  command({ TALLYMAN_TOKEN: ADMIN_TOKEN, USER: 'ann' }, '--url', url, ...argv)

test('how much of the quota of a group and of a registry is used is told, and that others have none', async () => {
  await push('sums/a', 300)
  const show = async (...args: string[]) => {
    const { out, err, status } = await run(...args)
    return { text: out.replaceAll(/ +/g, ' '), err, status }
  }
  await eventually(
    async () => (await show('quota', 'show', '--group', 'sums')).text,
    (text) => text === 'quota of sums\nflag ok\nunique 300 B of 2.0 KiB\nwarning from 80 %\n',
  )
  expect((await show('quota', 'show', '--registry', 'ci')).text).toMatch(
    /^quota of ci\nflag .*\nunique .* of 1.0 MiB/,
  )
  expect(await show('quota', 'check', '--group', 'sums')).toMatchObject({
    text: expect.stringMatching(/^sums is ok/),
    status: 0,
  })
  expect(await show('quota', 'show', '--group', 'none')).toMatchObject({
    err: expect.stringContaining('there is no group "none" with a quota: team, sums'),
    status: 6,
  })
  expect(await show('quota', 'show', '--group', 'sums', 'ci/sums/a')).toMatchObject({ status: 2 })
  expect(await show('quota', 'show')).toMatchObject({ status: 2 })
})

describe('a project and its group', () => {
  test('are told each mark once, the group by the sum of its projects', async () => {
    await push('team/app', 600)
    await untilFlag('ci/team/app', 'warning')
    await push('team/app', 250)
    await eventually(
      async () => (await alertsOf('ci/team/app')).map(markOf),
      (marks) => marks.length === 2,
    )
    expect((await alertsOf('ci/team/app')).map((alert) => [alert.from, alert.to, markOf(alert)])).toEqual([
      ['ok', 'warning', 0.5],
      ['warning', 'warning', 0.8],
    ])
    await push('team/web', 1200)
    await untilFlag('team', 'over')
    await eventually(
      () => alertsOf('team'),
      (alerts) => alerts.length > 0,
    )
    expect((await alertsOf('team')).at(-1)).toMatchObject({
      ...{ to: 'over', used: 2050, limit: 2000, projects: ['ci/team/web', 'ci/team/app'] },
      text: 'group team is OVER its quota: 2.0 KiB of 2.0 KiB.'.replace(
        '2.0 KiB of 2.0 KiB',
        '2050 of 2000 bytes',
      ),
    })
    expect((await run('alerts')).out).toMatch(/ group team +group team is OVER its quota/)
  })
})

test('with a grace it is over only after that, without another push', async () => {
  await push('late/app', 2000)
  await untilFlag('ci/late/app', 'over')
  await eventually(
    () => alertsOf('ci/late/app'),
    (alerts) => alerts.length === 2,
  )
  const [first, second] = await alertsOf('ci/late/app')
  expect([first?.text, second?.to]).toEqual([
    'ci/late/app is past its quota: 2.0 KiB of 1000 B. It is over if that lasts for 1s.',
    'over',
  ])
  expect(Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(1_000)
})

describe('an override', () => {
  test('holds at once, is seen everywhere, is told in alerts and in the audit, and ends by itself', async () => {
    await push('raised/app', 5000)
    await eventually(
      () => tallyman.get<{ projects: { id: string }[] }>('/v1/projects'),
      ({ projects }) => projects.some(({ id }) => id === 'ci/raised/app'),
    )
    expect(await run('quota', 'check', 'ci/raised/app')).toMatchObject({ status: 0 })
    const setFor = (time: string) =>
      run('quota', 'set', 'ci/raised/app', '1000', '--for', time, '--why', 'a trial')
    const set = await setFor('1h')
    expect(set).toMatchObject({ status: 0, err: '' })
    expect(set.out).toMatch(/unique +4\.9 KiB of 1000 B/)
    expect(set.out).toMatch(/why +a trial/)
    await untilFlag('ci/raised/app', 'over')
    expect(await run('quota', 'check', 'ci/raised/app')).toEqual({
      ...{ status: 4, err: '', out: 'ci/raised/app is over: 4.9 KiB of 1000 B\n' },
    })
    const override = { by: 'ann', why: 'a trial', limit: 1000, until: expect.any(String) }
    expect(await tallyman.get('/v1/projects/ci%2Fraised%2Fapp')).toMatchObject({ limitBytes: 1000, override })
    const { projects } = await tallyman.get<{ projects: { id: string }[] }>('/v1/projects')
    expect(projects.find(({ id }) => id === 'ci/raised/app')).toMatchObject({ limitBytes: 1000, override })
    expect((await run('usage')).err).toContain('set by ann until')
    await eventually(
      () => alertsOf('ci/raised/app'),
      (alerts) => alerts.length === 1,
    )
    expect((await alertsOf('ci/raised/app'))[0]).toMatchObject({ override })
    // It ends without any push.
    await setFor('1s')
    await untilFlag('ci/raised/app', 'ok')
    expect(await tallyman.get('/v1/projects/ci%2Fraised%2Fapp')).toMatchObject({
      ...{ limitBytes: 1024 ** 3, override: null },
    })
    expect((await run('audit')).out).toContain('limitBytes 1000 B, until ')
    const { entries } = await tallyman.get<{ entries: object[] }>('/v1/audit')
    expect(entries[0]).toMatchObject({
      ...{ action: 'quota.set', project: 'ci/raised/app', registry: 'ci', why: 'a trial' },
      by: expect.stringMatching(/^ann \(admin token/),
    })
  })

  test('is cleared, and the flag is looked at anew', async () => {
    await push('cleared/app', 5000)
    await run('quota', 'set', 'ci/cleared/app', '1000')
    await untilFlag('ci/cleared/app', 'over')
    expect((await run('quota', 'show', 'ci/cleared/app')).out).toMatch(/until +it is cleared\n/)
    expect(await run('quota', 'clear', 'ci/cleared/app')).toMatchObject({ status: 0 })
    await untilFlag('ci/cleared/app', 'ok')
    expect((await run('quota', 'clear', 'ci/cleared/app')).status).toBe(6)
  })

  test('of a project that holds nothing is set, and the command asks whether the name is right', async () => {
    const set = await run('quota', 'set', 'ci/nothing/yet', '1000')
    expect(set).toMatchObject({ status: 0, err: 'ci/nothing/yet holds nothing so far: is the name right?\n' })
    await run('quota', 'clear', 'ci/nothing/yet')
  })

  test('is refused if it makes no sense, and with the read token', async () => {
    const detail = async (project: string, body: object) => {
      const answer = await send('PUT', project, body)
      return `${answer.statusCode} ${answer.json().detail}`
    }
    expect(await detail('ci/a', { limit: 'much' })).toMatch(/^400 `limit`: expected a size/)
    expect(await detail('ci/a', { limit: '0' })).toBe('400 `limit`: expected a size above 0')
    expect(await detail('ci/a', { limit: '1', for: 'soon' })).toMatch(/^400 `for`: expected a duration/)
    expect(await detail('ci/a', { limit: '1', fro: '1d' })).toBe('400 body: unknown key "fro"')
    expect(await detail('hub/a', { limit: '1' })).toMatch(/^404 "hub\/a" is not a project/)
    // No project can have such a name, so the limit would hold for none.
    for (const project of ['ci/Team/App', 'ci/a b', 'ci/a\nb', 'ci/<!channel>', 'ci/'])
      expect(await detail(project, { limit: '1' })).toMatch(/^404 .* is not a project/s)
    const read = await tallyman.app.inject({
      ...{ method: 'PUT', url: '/v1/projects/ci%2Fa/quota', payload: { limit: '1' } },
      headers: { authorization: `Bearer ${READ_TOKEN}` },
    })
    expect(read.statusCode).toBe(403)
  })
})

test('quota check tells a warning by 3, and an unknown project by 1', async () => {
  await untilFlag('ci/team/app', 'warning')
  expect((await run('quota', 'check', 'ci/team/app')).status).toBe(3)
  expect((await run('quota', 'check', 'nowhere/app')).status).toBe(1)
  expect((await run('quota', 'check')).status).toBe(2)
})

test('a quota for tagged manifests counts what they reference', async () => {
  await push('tagged/app', 300)
  await eventually(
    () =>
      tallyman
        .get<{ limits: object[] }>('/v1/projects/ci%2Ftagged%2Fapp/quota')
        .catch(() => ({ limits: [] })),
    ({ limits }) => limits.length === 1,
  )
  expect(await tallyman.get('/v1/projects/ci%2Ftagged%2Fapp/quota')).toMatchObject({
    limits: [{ measure: 'tagged', used: 300, limit: 1000 }],
  })
})

test('who polls the flags gets 304 until one changes', async () => {
  const poll = (etag?: string) =>
    tallyman.app.inject({
      url: '/v1/flags?kind=project',
      headers: { authorization: `Bearer ${READ_TOKEN}`, ...(etag && { 'if-none-match': etag }) },
    })
  const first = await poll()
  const etag = String(first.headers.etag)
  expect(etag).toMatch(/^"[\w-]+"$/)
  const second = await poll(`"other", W/${etag}`)
  expect([second.statusCode, second.body, second.headers.etag]).toEqual([304, '', etag])
  await push('late/other', 5000)
  await untilFlag('ci/late/other', 'over')
  const third = await poll(etag)
  expect(third.statusCode).toBe(200)
  expect(third.headers.etag).not.toBe(etag)
})
