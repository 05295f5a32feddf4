import { randomInt } from 'node:crypto'
import { afterEach, expect, test } from 'vitest'
import { type EventProxy, startEventProxy } from '../../lab/event-proxy.ts'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { eventually, type LabTallyman, startTallyman, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import type { DeliveryAudit } from '../../src/delivery-audit/audit-view.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { parseRedisUrl } from '../../src/platform/redis-url.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Status {
  confidence: string
  deliveries: string
  projects: number
  gaps: { reason: string; lost: number | null }[]
  lastReconcile: { reason: string } | null
}

/** A docker-registry whose deliveries go over a proxy, and Tallyman, which reads its /debug/vars when it is asked to. */
async function setUp({ pause = '1h', debugPath = '/debug/vars' } = {}) {
  const [port, debugPort] = [await freePort(), await freePort()]
  const metrics = { url: `http://127.0.0.1:${debugPort}${debugPath}` }
  const tallyman: LabTallyman = await startTallyman({
    reconcile: { pause },
    registries: { ci: { url: `http://127.0.0.1:${port}`, token: WEBHOOK_TOKEN, metrics } },
  })
  closers.push(tallyman.close)
  const at = await freePort()
  await tallyman.app.listen({ port: at })
  const proxy: EventProxy = await startEventProxy(`http://127.0.0.1:${at}`)
  closers.push(proxy.close)
  const notify = { url: `${proxy.url}/v1/events`, token: WEBHOOK_TOKEN }
  let registry: LabRegistry = await startRegistry({ port, debugPort, notify })
  closers.push(() => registry.close())
  const client = makeRegistryClient({ name: 'ci', url: registry.url })
  closers.push(client.close)
  const redis = await connectPatiently(parseRedisUrl(tallyman.redis.url))
  closers.push(async () => redis.disconnect())
  const queues = makeQueues(redis, 'tallyman')
  closers.push(() => closeQueues(queues))
  /** What happens each minute. */
  async function audit(): Promise<DeliveryAudit> {
    const { id = '' } = await queues.deliveries.add(
      'deliveries',
      { kind: 'audit' },
      { removeOnComplete: false },
    )
    await eventually(
      async () => queues.deliveries.getJobState(id),
      (state) => state === 'completed',
    )
    return tallyman.get('/v1/registries/ci/delivery-audit')
  }

  return {
    ...{ tallyman, proxy },
    push: (repository: string) =>
      pushImage(client, repository, 'v1', makeImage({ layers: [{ seed: repository, bytes: 500 }] })),
    /** Repositories with another number of tags in the index than at the registry. */
    async differences(): Promise<string[]> {
      const { projects } = await tallyman.get<{ projects: { id: string; tags: number }[] }>(
        '/v1/projects?limit=500',
      )
      const indexed = new Map(projects.map(({ id, tags }) => [id.replace('ci/', ''), tags]))
      const different: string[] = []
      for await (const name of client.catalog()) {
        let tags = 0
        // A registry that is killed while it writes a tag lists it, and has nothing under it.
        for await (const tag of client.tags(name))
          if ((await client.headManifest(name, tag)) !== undefined) tags++
        if (tags !== (indexed.get(name) ?? 0)) different.push(`${name}: ${indexed.get(name)} of ${tags}`)
      }
      return different
    },
    untilDelivered: () => registry.untilDelivered(),
    kill: () => registry.process.stop('SIGKILL'),
    async restart() {
      await registry.process.stop('SIGKILL')
      registry = await startRegistry({ folder: registry.folder, port, debugPort, notify })
    },
    audit,
    /** A few times: the schedule may be in between. */
    async auditUntil(holds: (audit: DeliveryAudit) => boolean): Promise<DeliveryAudit> {
      for (let n = 0; n < 6; n++) {
        const seen = await audit()
        if (holds(seen)) return seen
      }
      throw new Error('it never came to hold')
    },

    status: async (): Promise<Status> =>
      (await tallyman.get<{ registries: [Status] }>('/v1/registries')).registries[0],
    alerts: async () =>
      (await tallyman.get<{ alerts: { event: string; text: string }[] }>('/v1/alerts')).alerts.map(
        ({ event, text }) => [event, text],
      ),
  }
}

const isManifestOf = (repository: string) => (body: string) =>
  body.includes(`"repository": "${repository}"`) && body.includes('manifest.v1+json"') ? 'swallow' : 'pass'

test('of three pushes the event of the second does not arrive: the index says so, and a reconcile finds it', async () => {
  const lab = await setUp()
  await lab.push('a/zero')
  await lab.untilDelivered()
  await lab.audit()
  await lab.tallyman.reconcile('ci')
  expect((await lab.status()).confidence).toMatch(/^exact since/)

  lab.proxy.decide = isManifestOf('a/two')
  for (const repository of ['a/one', 'a/two', 'a/three']) await lab.push(repository)
  await lab.untilDelivered()
  const told = await lab.auditUntil(({ lost }) => lost > 0)
  expect(told).toMatchObject({ suspect: 0, lost: 1, pending: 0, uncounted: 0, lastLoss: { count: 1 } })
  expect(told.vouches).toBe(true)
  const status = await lab.status()
  expect(status.confidence).toMatch(
    /^1 event lost at 20\d\d-\d\d-\d\d \d\d:\d\d UTC: the registry is done with them, and they did not arrive$/,
  )
  expect(status.gaps).toMatchObject([{ lost: 1 }])
  expect(status.deliveries).toMatch(/^0 waiting; 1 lost, the last ones at 20/)
  const alerts = await eventually(lab.alerts, (all) => all.length > 0)
  expect(alerts).toEqual([
    ['deliveries.lost', expect.stringContaining('ci lost 1 event on the way to Tallyman')],
  ])
  await lab.tallyman.reconcile('ci')
  expect((await lab.status()).confidence).toMatch(/^exact since/)
  const { projects } = await lab.tallyman.get<{ projects: { id: string; manifests: number }[] }>(
    '/v1/projects',
  )
  expect(projects.map(({ id, manifests }) => `${id} ${manifests}`).sort()).toEqual([
    ...['ci/a/one 1', 'ci/a/three 1', 'ci/a/two 1', 'ci/a/zero 1'],
  ])
  // Nothing is told twice.
  expect((await lab.audit()).lost).toBe(1)
})

test('a registry whose endpoint is cut off is told while its queue grows; what is lost with it is read at once', async () => {
  const lab = await setUp({ pause: '1ms' })
  await lab.push('a/one')
  await lab.untilDelivered()
  await lab.audit()
  await lab.tallyman.reconcile('ci')
  lab.proxy.decide = () => 'cut'
  await lab.push('a/two')
  const { pending } = await lab.auditUntil(({ isGrowing }) => isGrowing)
  expect(pending).toBeGreaterThan(2)
  expect((await lab.status()).confidence).toMatch(/^exact since/)
  await lab.restart()
  lab.proxy.decide = () => 'pass'
  expect(await lab.audit()).toMatchObject({ lost: pending, pending: 0, isGrowing: false, suspect: 0 })
  const read = await eventually(lab.status, ({ lastReconcile }) => /lost/.test(lastReconcile?.reason ?? ''))
  expect(read.lastReconcile?.reason).toMatch(
    new RegExp(
      `^at least ${pending} events lost at .*: a process of the registry ended before it had delivered them$`,
    ),
  )
  await eventually(lab.status, ({ confidence }) => confidence.startsWith('exact since'))
  const { projects } = await lab.tallyman.get<{ projects: { id: string }[] }>('/v1/projects')
  expect(projects.map(({ id }) => id).sort()).toEqual(['ci/a/one', 'ci/a/two'])
  const alerts = await eventually(lab.alerts, (all) => all.length === 3)
  expect(alerts.map(([event]) => event).sort()).toEqual([
    ...['deliveries.drained', 'deliveries.growing', 'deliveries.lost'],
  ])
})

test('a registry that restarts with nothing in its queue leaves the index exact, and so does one that refuses for a while', async () => {
  const lab = await setUp()
  await lab.push('a/one')
  await lab.untilDelivered()
  await lab.audit()
  await lab.tallyman.reconcile('ci')
  await lab.audit()
  await lab.restart()
  await lab.push('a/two')
  await lab.untilDelivered()
  await lab.audit()
  let refused = 0
  lab.proxy.decide = () => (refused++ % 2 === 0 ? 'refuse' : 'pass')
  await lab.push('a/three')
  await lab.untilDelivered()
  await lab.audit()
  expect(await lab.audit()).toMatchObject({ lost: 0, suspect: 0, uncounted: 0, pending: 0, failing: [] })
  await lab.tallyman.untilDone('events')
  const { confidence, gaps, projects } = await lab.status()
  expect(confidence).toMatch(/^exact since/)
  expect({ gaps, projects }).toEqual({ gaps: [], projects: 3 })
})

test('a registry that is killed at random moments under load: when the index is called exact, it is', async () => {
  const lab = await setUp({ pause: '1ms' })
  await lab.push('a/first')
  await lab.untilDelivered()
  await lab.tallyman.reconcile('ci')
  await lab.untilDelivered()
  await lab.audit()
  let pushed = 0
  for (let round = 0; round < 6; round++) {
    // Some rounds with deliveries that are slow to succeed, so that the queue is never empty.
    let seen = 0
    lab.proxy.decide = () => (round % 2 === 0 || seen++ % 3 === 0 ? 'pass' : 'cut')
    let isKilled = false
    const pushing = Array.from({ length: 3 }, async (_, n) => {
      for (let i = 0; !isKilled; i++, pushed++) await lab.push(`r${round}/p${n}-${i}`).catch(() => undefined)
    })
    const enough = pushed + 2 + randomInt(8)
    await eventually(
      async () => pushed,
      (count) => count >= enough,
    )
    if (round % 3 === 1) await lab.audit()
    await lab.kill()
    isKilled = true
    await Promise.all(pushing)
    lab.proxy.decide = () => 'pass'
    await lab.restart()
    await lab.push(`r${round}/after`)
    await lab.untilDelivered()
    await lab.audit()
    await lab.tallyman.untilDone('events')
    await eventually(lab.status, ({ confidence }) => confidence.startsWith('exact since'))
    await lab.tallyman.untilDone('events')
    expect(await lab.differences()).toEqual([])
    await lab.untilDelivered()
    await lab.audit()
  }
  expect(pushed).toBeGreaterThan(12)
})

test('without readable metrics a new process may have taken the place of another one', async () => {
  const lab = await setUp({ debugPath: '/nothing' })
  await lab.push('a/one')
  await lab.untilDelivered()
  const { failing, vouches } = await lab.audit()
  expect(failing).toMatchObject([{ problem: 'it answers 404' }])
  expect(vouches).toBe(false)
  await lab.tallyman.reconcile('ci')
  await lab.restart()
  await lab.push('a/two')
  const { confidence } = await eventually(lab.status, ({ gaps }) => gaps.length > 0)
  expect(confidence).toMatch(
    /^events may be missing since .*: the registry was restarted, or has one more process$/,
  )
})
