import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { RECENTLY } from '../../lab/recently.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { compose } from '../../src/compose.ts'
import { loadConfig } from '../../src/config/load.ts'
import { makeLog } from '../../src/platform/log.ts'
import { QUEUE_NAMES } from '../../src/queue/jobs.ts'

let folder: string
let redis: LabRedis
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-quota-'))
  redis = await startRedis()
})
afterAll(async () => {
  await redis?.close()
  await rm(folder, { recursive: true, force: true })
})

/** Starts the whole service on the data of the last start, with these quotas and registries in the file. */
async function start(quotas: object[], registries = ['ci', 'hub']) {
  const file = join(folder, 'tallyman.yaml')
  const token = (name: string) => `${WEBHOOK_TOKEN}-${name}`
  const config = {
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
    registries: Object.fromEntries(
      registries.map((name, n) => [name, { url: `http://127.0.0.1:${n + 1}`, token: token(name) }]),
    ),
    ...{ quotas, reconcile: { atFirstStart: false }, dataDir: folder },
  }
  await writeFile(file, stringify(config))
  const duties = { http: true, queues: QUEUE_NAMES }
  const { app, work, close } = await compose(
    await loadConfig(file, { REDIS_URL: redis.url }),
    duties,
    makeLog('silent'),
  )
  if (app === undefined) throw new Error('composed without HTTP')
  await work()
  const push = (registry: string, repository: string) =>
    app.inject({
      ...{ method: 'POST', url: '/v1/events' },
      headers: { authorization: `Bearer ${token(registry)}`, 'content-type': 'application/json' },
      payload: {
        events: [
          {
            ...{ id: `${registry} ${repository}`, timestamp: RECENTLY, action: 'push' },
            target: {
              mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
              ...{ size: 100, repository, digest: `sha256:${'a'.repeat(64)}`, tag: 'v1', references: [] },
            },
          },
        ],
      },
    })
  const alerts = async () => {
    const headers = { authorization: `Bearer ${READ_TOKEN}` }
    const answer = await app.inject({ url: '/v1/alerts', headers })
    return (answer.json().alerts as Record<string, string>[])
      .map(({ registry, project, group, from, to, reason }) =>
        [group ?? [registry, project].filter(Boolean).join('/'), from, to, reason].filter(Boolean).join(' '),
      )
      .sort()
  }
  return { push, alerts, close }
}

test('quotas that are taken out of the file while the service is stopped end their flags, which is told once', async () => {
  const limited = { limit: '50' }
  const group = { group: 'team', projects: ['ci/team/*'], ...limited }
  const all = { project: '**', ...limited }
  const first = await start([all, group, { registry: 'ci', ...limited }])
  await first.push('ci', 'team/app')
  await first.push('hub', 'team/app')
  const over = ['ci ok over', 'ci/team/app ok over', 'hub/team/app ok over', 'team ok over']
  await eventually(first.alerts, ({ length }) => length === 4)
  expect(await first.alerts()).toEqual(over)
  await first.close()

  // The registry `hub` is gone: though a quota matches its project, it has none.
  const second = await start([all], ['ci'])
  const ended = (name: string) => `${name} over ok quota removed`
  const some = [...over, ended('ci'), ended('hub/team/app'), ended('team')].sort()
  await eventually(second.alerts, ({ length }) => length >= 7)
  expect(await second.alerts()).toEqual(some)
  await second.close()

  for (let starts = 0; starts < 2; starts++) {
    const next = await start([], ['ci'])
    await eventually(next.alerts, ({ length }) => length >= 8)
    expect(await next.alerts()).toEqual([...some, ended('ci/team/app')].sort())
    await next.close()
  }
})
