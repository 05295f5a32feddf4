import { chmod, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { tallyman } from '../cli/cli-bed.ts'
import { type ServiceBed, startServiceBed } from '../cli/service-bed.ts'
import { findingsOf } from './doctor-bed.ts'

let bed: ServiceBed
let chat: Server
const sent: string[] = []

beforeAll(async () => {
  chat = createServer((request, response) => {
    sent.push(`${request.method} ${request.url}`)
    response.writeHead(request.method === 'POST' ? 200 : 405).end('ok')
  })
  const port = await freePort()
  await new Promise<void>((resolve) => chat.listen(port, '127.0.0.1', resolve))
  const config = {
    alerts: { channels: [{ name: 'ops', type: 'slack', url: `http://127.0.0.1:${port}/hooks/secret` }] },
    expiry: {
      policies: [
        {
          name: 'old',
          match: { registry: 'ci' },
          mode: 'apply',
          schedule: '0 0 1 1 *',
          rules: [{ tag: 'pr-*', olderThan: '14d', expire: true }],
        },
      ],
    },
    server: { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, publicUrl: 'https://tallyman.example.com' },
  }
  bed = await startServiceBed(config, undefined, ({ metricsUrl }) => ({ metrics: { url: metricsUrl } }))
  const redis = new Redis(bed.service.redis.url)
  await redis.config('SET', 'appendonly', 'yes')
  redis.disconnect()
  await pushImage(bed.client, 'team-a/app', 'v1', makeImage({ layers: [{ seed: 'a', bytes: 500 }] }))
  await bed.client.getManifest('team-a/app', 'v1')
  await bed.ci.untilDelivered()
  await bed.service.untilDone('events')
  await bed.service.reconcile('ci')
  await bed.ci.untilDelivered()
})
afterAll(async () => {
  await bed.close()
  chat.closeAllConnections()
  chat.close()
})

/** Its own requests in a reconcile come back as pulls, a moment later. */
const healthy = () =>
  eventually(
    async () => {
      const { status, out, err } = await bed.run('doctor', '--output', 'json')
      return { status, err, ...findingsOf(out) }
    },
    ({ wrong }) => wrong.length === 0,
  )

test('in an installation that is right, all is in order', async () => {
  const { status, ok, err, findings } = await healthy()
  expect({ status, ok, err }).toEqual({ status: 0, ok: true, err: '' })
  const seen = findings.map(({ check, what }) => `${check}: ${what}`)
  expect(seen).toEqual([
    expect.stringMatching(
      /^redis: Redis \d.* at 127\.0\.0\.1:\d+ keeps all data: noeviction, append-only file/,
    ),
    expect.stringMatching(/^node: Node \d+/),
    'configuration: it is right',
    expect.stringMatching(/^disk: .* are free/),
    expect.stringMatching(/^disk: .*store: .* are free/),
    `registry ci: GET ${bed.ci.url}/v2/: it answers, and takes our login`,
    'registry ci: its repositories can be listed, and images in team-a/app read',
    'metrics of ci: read what its processes counted of their notifications: 1 of them; 0 events wait in their queues',
    'deletes at ci: DELETE of a random digest: allowed in team-a/app; nothing was deleted',
    expect.stringMatching(/^pushes of expiry to ci: .*: allowed in team-a\/app; nothing was pushed/),
    expect.stringMatching(/^channel ops: HEAD .* no alert was sent/),
    expect.stringMatching(/^store: write, list, read and remove an object in the folder /),
    expect.stringMatching(
      /^events of ci: the newest event is of 20.*; 1 process of the registry sent events/,
    ),
    'references of ci: its notifications tell what a manifest references',
    expect.stringMatching(/^pulls of ci: pulls are heard since 20/),
    'deliveries of ci: all events that left its queue have arrived; 0 wait in it',
    expect.stringMatching(/^index of ci: exact since 20/),
    'queues: every queue has workers, none is late, no job has failed',
    'quarantine: it is empty',
    expect.stringMatching(/^processes: 1 process uses this Redis: \d+ on /),
  ])
  expect(await Array.fromAsync(bed.client.tags('team-a/app'))).toEqual(['v1'])
  expect(sent.every((one) => one === 'HEAD /')).toBe(true)
})

test('the table has a line for each, and a count', async () => {
  await healthy()
  const { status, out } = await bed.run('doctor')
  expect(status).toBe(0)
  const lines = out.trimEnd().split('\n')
  expect(lines[0]).toMatch(/^ok {7}redis: Redis /)
  expect(lines.slice(-2)).toEqual(['', 'errors 0, warnings 0, notes 0, ok 20'])
})

test('beside the configuration, the service is asked, and the secrets in the file are looked at', async () => {
  await healthy()
  const file = join(bed.service.folder, 'beside.yaml')
  const server = { readToken: READ_TOKEN, adminToken: ADMIN_TOKEN, port: Number(new URL(bed.url).port) }
  await writeFile(
    file,
    stringify({
      server,
      registries: { ci: { url: bed.ci.url, token: WEBHOOK_TOKEN, metrics: { url: bed.ci.metricsUrl } } },
    }),
  )
  const ask = async () => {
    const { status, out } = await tallyman({ TALLYMAN_CONFIG: file }, 'doctor', '--output', 'json')
    return { status, ...findingsOf(out) }
  }
  await chmod(file, 0o644)
  expect(await ask()).toMatchObject({
    ...{ status: 0, ok: true },
    wrong: [
      {
        ...{ check: 'secrets', level: 'warning', what: expect.stringContaining('other users can read') },
        fix: expect.stringMatching(/^run chmod 600 /),
      },
    ],
  })
  await chmod(file, 0o600)
  expect((await ask()).wrong).toEqual([])
})

test('whoever may only read may ask; whoever sees only some projects may not', async () => {
  const answer = await bed.service.app.inject({
    url: '/v1/doctor',
    headers: { authorization: `Bearer ${READ_TOKEN}` },
  })
  expect(answer.json()).toMatchObject({ ok: true })
  expect((await bed.service.app.inject('/v1/doctor')).statusCode).toBe(401)
})

test('--send sends a message to each channel', async () => {
  sent.length = 0
  const { status, out } = await bed.run('doctor', '--send', '--output', 'json')
  expect(status).toBe(0)
  expect(findingsOf(out).findings.at(-1)).toEqual({
    ...{ check: 'message to ops', level: 'ok', what: 'the channel accepted a message' },
  })
  expect(sent).toContain('POST /hooks/secret')
})
