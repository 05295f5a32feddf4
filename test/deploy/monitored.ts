import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeImage } from '../../lab/image.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { startRedis } from '../../lab/redis.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeService } from '../../lab/service.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { groupHistoryId } from '../../src/history/groups.ts'
import { makeHistories } from '../../src/history/histories.ts'
import { EMPTY, withSample } from '../../src/history/history.ts'
import { hourOf, NOTHING } from '../../src/history/sample.ts'
import { connectFailingFast } from '../../src/platform/redis.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { startReceiver } from '../alerts/receiver.ts'

const GROUP = { group: 'platform', projects: ['ci/team/*'] }
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/**
 * The real service in an API and a worker process, with two real registries, and something of everything that is watched: quotas
 * that are passed and will be, runs of expiry, promotions that ended and wait, messages that arrive and do not, a snapshot, a
 * reconcile, events in quarantine and refused deliveries.
 */
export async function startMonitored() {
  const [ciPort, debugPort, workersPort] = [await freePort(), await freePort(), await freePort()]
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-monitored-'))
  const closers: (() => unknown)[] = []
  const keep = <T extends { close(): unknown }>(opened: T): T => {
    closers.unshift(() => opened.close())
    return opened
  }
  const redis = keep(await startRedis({ args: ['--maxmemory', '1gb'] }))
  const production = keep(await startRegistry())
  const receiver = keep(await startReceiver((response) => response.end('{}')))
  const service = keep(
    await makeService({
      redisUrl: redis.url,
      config: {
        workers: { port: workersPort },
        journal: { enabled: true },
        registries: {
          ci: {
            url: `http://127.0.0.1:${ciPort}`,
            token: WEBHOOK_TOKEN,
            metrics: { url: `http://127.0.0.1:${debugPort}/debug/vars` },
            storage: { type: 'folder', path: join(folder, 'storage') },
          },
          production: { url: production.url },
        },
        quotas: [
          { project: 'ci/team/*', limit: '100kB' },
          { project: 'ci/team/large', limit: '10kB' },
          { ...GROUP, limit: '1MB' },
          { registry: 'ci', limit: '1MB' },
        ],
        alerts: {
          gather: '100ms',
          channels: [
            { name: 'hook', type: 'webhook', url: receiver.url, secret: SECRET },
            { name: 'down', type: 'webhook', url: 'http://127.0.0.1:1/', secret: SECRET },
          ],
        },
        events: { webhooks: [{ name: 'audit', url: receiver.url, secret: SECRET }] },
        promotion: {
          rules: ['v*', 'g*'].map((tag) => ({
            name: tag === 'v*' ? 'releases' : 'guarded',
            from: { registry: 'ci', repository: 'team/**', tag },
            to: { registry: 'production', repository: `${tag[0]}/{repository}` },
            settle: '1s',
            gates: tag === 'v*' ? [] : [{ type: 'approval', people: 1 }],
          })),
        },
        expiry: {
          policies: [
            {
              name: 'pull-requests',
              match: { registry: 'ci' },
              mode: 'apply',
              schedule: '0 0 1 1 *',
              rules: [{ tag: 'pr-*', expire: true }],
            },
          ],
        },
      },
    }),
  )
  const { url, port } = service
  const notify = { url: `${url}/v1/events`, token: WEBHOOK_TOKEN }
  const ci = keep(await startRegistry({ port: ciPort, debugPort, folder, notify }))
  await service.startApi()
  await service.startWorker()
  const post = (path: string, body: object, token = ADMIN_TOKEN) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  /** Waits until the answer of the API holds. Forecasts and snapshots are read by the first scrape, and then rarely. */
  const untilTold = (path: string, holds: (body: string) => boolean) =>
    eventually(
      async () =>
        (await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${READ_TOKEN}` } })).text(),
      holds,
    )
  const metrics = async (of: number) => (await fetch(`http://127.0.0.1:${of}/metrics`)).text()
  /** Waits until a line of /metrics has a value that holds. */
  const until = (of: number, series: string, holds: (value: number) => boolean) =>
    eventually(
      async () => Number(sampleOf(await metrics(of), series)),
      (value) => holds(value),
    )

  const client = keep(makeRegistryClient({ name: 'ci', url: ci.url }))
  const push = (name: string, tag: string, bytes: number) =>
    pushImage(
      client,
      `team/${name}`,
      tag,
      makeImage({ layers: [{ seed: `${name}${tag}`, bytes }], label: `${name}:${tag}` }),
    )
  await push('app', 'v1', 20_000)
  await push('large', 'pr-1', 30_000)
  await push('large', 'main', 40_000)
  await push('app', 'g1', 10_000)
  await post('/v1/events', { events: [{ id: 'odd', action: 'coffee' }] }, WEBHOOK_TOKEN)
  await untilTold('/v1/projects', (body) => /team\/app.*team\/large|team\/large.*team\/app/.test(body))
  await growing(redis.url)
  await post('/v1/registries/ci/reconcile', {})
  await untilTold('/v1/registries', (body) => body.includes('"exact since'))
  await post('/v1/expiry/runs', { policy: 'pull-requests', dryRun: false, acceptShare: true })
  await post('/v1/snapshots', {})
  await untilTold('/v1/snapshots', (body) => body.includes('.ndjson'))
  return {
    ...{ port, workersPort, push, metrics, until },
    /** A delivery of a stranger. */
    refuse: () => post('/v1/events', { events: [] }, 'a-token-of-nobody'),
    async close() {
      for (const close of closers) await close()
    },
  }
}
export type Monitored = Awaited<ReturnType<typeof startMonitored>>

/** Gives what has a quota a history of two weeks in which it grows by a kilobyte a day. */
async function growing(redisUrl: string): Promise<void> {
  const redis = await connectFailingFast({ url: redisUrl })
  const histories = makeHistories({ redis, prefix: 'tallyman' })
  const now = hourOf(Date.now())
  const samples = Array.from({ length: 15 }, (_, n) => ({
    hour: now - (14 - n) * 24,
    sample: { ...NOTHING, uniqueBytes: 1_000 * (n + 1) },
  }))
  const history = samples.reduce((all, { hour, sample }) => withSample(all, hour, sample), EMPTY)
  for (const id of ['ci', 'ci/team/app', groupHistoryId(GROUP)]) await histories.write(id, history)
  redis.disconnect()
}

const sampleOf = (text: string, series: string): string | undefined =>
  text
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1)
