import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { tallyman } from './cli-bed.ts'

/** `alerts snooze` against a real service. */
let service: LabTallyman
let url: string
beforeAll(async () => {
  service = await startTallyman()
  url = await service.app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(() => service.close())

const run = (...argv: string[]) =>
  tallyman(
    { TALLYMAN_CONFIG: join(service.folder, 'tallyman.yaml'), USER: 'alice' },
    ...['alerts', ...argv, '--url', url],
  )

test('a project is snoozed and woken, and the audit says who, why and until when', async () => {
  expect(await run('snoozes')).toMatchObject({ status: 0, err: 'no project is snoozed\n' })
  expect(await run('snooze', 'ci/team/app', '--for', '3d', '--why', 'clean-up')).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^snoozed: ci\/team\/app until \S+Z\n$/),
  })
  expect((await run('snoozes')).out).toMatch(/ alice +clean-up +ci\/team\/app\n/)
  const { snoozes } = await service.get<{ snoozes: { since: string; until: string }[] }>('/v1/alerts/snoozes')
  const [{ since, until } = { since: '', until: '' }] = snoozes
  expect(Date.parse(until) - Date.parse(since)).toBe(3 * 86_400_000)
  expect(await run('unsnooze', 'ci/team/app')).toMatchObject({
    out: 'alerts about ci/team/app are sent again\n',
  })
  const { entries } = await service.get<{ entries: object[] }>('/v1/audit')
  const entry = { project: 'ci/team/app', registry: 'ci', until, why: 'clean-up' }
  expect(entries).toMatchObject([
    { ...entry, action: 'snooze.removed' },
    { ...entry, action: 'snooze.added', by: expect.stringMatching(/^alice \(admin token from /) },
  ])
})

test.each([
  [['snooze', 'ci/a', '--for', 'soon'], '`for`: expected'],
  [['snooze', 'ci/a', '--for', '91d'], '`for`: expected a duration above 0, and 90d at most'],
  [['snooze', 'nowhere/a', '--for', '1d'], '"nowhere/a" is not a project'],
  [['snooze', 'ci/Team/App', '--for', '1d'], '"ci/Team/App" is not a project'],
  [['unsnooze', 'ci/a'], '404 ci/a is not snoozed'],
])('%j is refused', async (argv, problem) => {
  expect(await run(...argv)).toMatchObject({
    status: problem.startsWith('404') ? 6 : 1,
    err: expect.stringContaining(problem),
  })
})

test('the read token may look and not snooze', async () => {
  const ask = (method: string, path = '') =>
    fetch(`${url}/v1/alerts/snoozes${path}`, {
      method,
      headers: { authorization: `Bearer ${READ_TOKEN}`, 'content-type': 'application/json' },
      ...(method === 'PUT' && { body: '{"for":"1d"}' }),
    })
  expect((await ask('GET')).status).toBe(200)
  expect((await ask('PUT', '/ci%2Fa')).status).toBe(403)
  expect((await ask('DELETE', '/ci%2Fa')).status).toBe(403)
})
