import { Redis } from 'ioredis'
import { afterEach, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistryOptions, startRegistry } from '../../lab/registry.ts'
import { ADMIN_TOKEN, eventually, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import type { QueueName } from '../../src/queue/jobs.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { tallyman as run } from '../cli/cli-bed.ts'
import { findingsOf } from './doctor-bed.ts'

/** What only a running service knows, with real registries whose notifications are broken. */
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** `notify` is given the URL of the service. */
async function start(
  notify: (url: string) => LabRegistryOptions['notify'],
  options: { queues?: readonly QueueName[] } = {},
) {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const given = notify(url)
  const ci = await startRegistry(given === undefined ? {} : { notify: given })
  closers.push(ci.close)
  const service = await startTallyman(
    { registries: { ci: { url: ci.url, token: WEBHOOK_TOKEN } }, reconcile: { onNewInstance: false } },
    options,
  )
  closers.push(service.close)
  const redis = new Redis(service.redis.url)
  closers.push(() => redis.disconnect())
  await redis.config('SET', 'appendonly', 'yes')
  await service.app.listen({ port })
  const client = makeRegistryClient({ name: 'ci', url: ci.url })
  closers.push(client.close)
  await pushImage(client, 'team-a/app', 'v1', makeImage({ layers: [{ seed: 'a', bytes: 500 }] }))
  const ask = async () => {
    const { status, out } = await run(
      { TALLYMAN_TOKEN: ADMIN_TOKEN },
      'doctor',
      '--output',
      'json',
      '--url',
      url,
    )
    return { status, ...findingsOf(out) }
  }
  return { ci, service, client, redis, ask }
}

const of = (wrong: readonly Finding[], check: string) => wrong.filter((one) => one.check === check)

/** The finding of a check that is not in order, once there is one that holds. */
async function finding(
  ask: () => Promise<{ wrong: Finding[] }>,
  check: string,
  holds: (finding: Finding) => boolean = () => true,
): Promise<Finding | undefined> {
  const { wrong } = await eventually(ask, (answer) => of(answer.wrong, check).some(holds))
  return of(wrong, check).find(holds)
}

test('a registry that sends nothing', async () => {
  const { ask } = await start(() => undefined)
  const { status, wrong } = await ask()
  expect(status).toBe(1)
  expect(of(wrong, 'events of ci')).toEqual([
    {
      ...{ check: 'events of ci', level: 'error', what: 'no notification of ci has come yet' },
      why: expect.any(String),
      fix: expect.stringMatching(/\/v1\/events with the token of registries\.ci in the notifications/),
    },
  ])
  expect(of(wrong, 'index of ci')).toMatchObject([
    { level: 'warning', fix: expect.stringMatching(/^tallyman reconcile ci: /) },
  ])
})

test('a registry that has a wrong token', async () => {
  const { ask } = await start((url) => ({ url: `${url}/v1/events`, token: 'a-token-of-somebody' }))
  expect(await finding(ask, 'deliveries of strangers')).toMatchObject({
    level: 'error',
    what: expect.stringMatching(/^deliveries from .*127\.0\.0\.1 were refused/),
    fix: expect.stringContaining('put the token of registries.<name>.token into its endpoint'),
  })
})

test('a registry that sends to a wrong path', async () => {
  const { ask } = await start((url) => ({ url: `${url}/events`, token: WEBHOOK_TOKEN }))
  expect(await finding(ask, 'events of ci', ({ what }) => what.includes('refused'))).toMatchObject({
    ...{ level: 'error', what: expect.stringContaining('expected POST /v1/events, not POST /events') },
    fix: expect.stringContaining('let the url of its endpoint end in /v1/events'),
  })
})

test('a registry that sends over TLS', async () => {
  const { ask } = await start((url) => ({
    url: `${url.replace('http', 'https')}/v1/events`,
    token: WEBHOOK_TOKEN,
  }))
  expect(await finding(ask, 'deliveries of strangers')).toMatchObject({
    ...{ level: 'error', fix: expect.stringContaining('write http:// in the url of its endpoint') },
  })
})

test('a registry that tells neither references nor pulls', async () => {
  const { ask, ci, client, service } = await start((url) => ({
    ...{ url: `${url}/v1/events`, token: WEBHOOK_TOKEN, includeReferences: false },
    // 2.8 heeds `actions` only together with `mediatypes`.
    ignore: { mediatypes: ['application/octet-stream'], actions: ['pull'] },
  }))
  await ci.untilDelivered()
  await service.untilDone('events')
  await client.getManifest('team-a/app', 'v1')
  expect(await finding(ask, 'references of ci')).toMatchObject({
    level: 'warning',
    fix: 'set notifications.events.includereferences: true in the configuration of the registry, and restart it',
  })
  expect(of((await ask()).wrong, 'pulls of ci')).toMatchObject([
    {
      level: 'note',
      what: expect.stringContaining('pulls are not heard'),
      fix: expect.stringContaining('pull'),
    },
  ])
})

test('queues that nobody works off, an event in quarantine, and a job that failed', async () => {
  const all = await start((url) => ({ url: `${url}/v1/events`, token: WEBHOOK_TOKEN }), {
    queues: ['events'],
  })
  const { ask, ci, redis, service } = all
  await ci.untilDelivered()
  expect(await service.deliver({ events: [{ id: 'x', action: 'unheard-of' }] })).toBe(202)
  await service.untilDone('events')
  await redis.zadd('{tallyman}:expiry:failed', 1, 'job-1')
  const { wrong } = await eventually(ask, (answer) => of(answer.wrong, 'quarantine').length > 0)
  expect(of(wrong, 'quarantine')).toMatchObject([
    {
      level: 'warning',
      what: expect.stringContaining('1 events'),
      fix: expect.stringContaining('quarantine list'),
    },
  ])
  const queues = of(wrong, 'queues')
  expect(queues).toContainEqual({
    ...{
      check: 'queues',
      level: 'error',
      what: expect.stringMatching(/^no process works off the queue reconcile;/),
    },
    ...{
      why: expect.any(String),
      fix: 'tallyman start runs all workers beside the API, tallyman start reconcile those of this queue',
    },
  })
  expect(queues.some(({ what }) => what.includes('the queue events;'))).toBe(false)
  expect(queues).toContainEqual(
    expect.objectContaining({
      ...{ level: 'warning', what: 'jobs of the queue expiry that have failed for good: 1' },
      fix: expect.stringContaining('tallyman jobs retry expiry --all'),
    }),
  )
})
