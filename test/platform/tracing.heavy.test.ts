import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { type LabSpan, startOtlpReceiver } from '../../lab/otlp.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { startRedis } from '../../lab/redis.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeService } from '../../lab/service.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { startReceiver } from '../alerts/receiver.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const PASSWORD = 'a-password-of-the-registry'

/** A real registry, and the service in an API and a worker process, which trace to a receiver. */
async function startTraced() {
  const keep = <T extends { close(): unknown }>(opened: T): T => {
    onTestFinished(async () => void (await opened.close()))
    return opened
  }
  const [receiver, channel] = [
    keep(await startOtlpReceiver()),
    keep(await startReceiver((answer) => answer.end('{}'))),
  ]
  const redis = keep(await startRedis())
  const production = keep(await startRegistry())
  const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'tallyman-traced-'))]
  const service = await makeService({
    redisUrl: redis.url,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '200' },
    config: {
      registries: {
        ci: {
          url: `http://127.0.0.1:${port}`,
          token: WEBHOOK_TOKEN,
          username: 'tallyman',
          password: PASSWORD,
        },
        production: { url: production.url, username: 'tallyman', password: PASSWORD },
      },
      quotas: [{ project: 'ci/**', limit: '1kB' }],
      alerts: {
        gather: '100ms',
        channels: [{ name: 'hook', type: 'webhook', url: channel.url, secret: SECRET }],
      },
      promotion: {
        rules: [
          {
            name: 'releases',
            from: { registry: 'ci', repository: '**', tag: 'v*' },
            to: { registry: 'production' },
            settle: '1s',
          },
        ],
      },
    },
  })
  const ci = keep(
    await startRegistry({ port, folder, notify: { url: `${service.url}/v1/events`, token: WEBHOOK_TOKEN } }),
  )
  onTestFinished(() => service.close())
  await service.startApi()
  await service.startWorker()
  const client = keep(makeRegistryClient({ name: 'ci', url: ci.url }))
  return { receiver, channel, client, production }
}

/** The spans of each trace. */
const tracesOf = (spans: readonly LabSpan[]) => [...Map.groupBy(spans, ({ trace }) => trace).values()]

test('a push leads to one trace, from its delivery to the API to what the worker did: index, quota, alert, promotion', async () => {
  const { receiver, channel, client, production } = await startTraced()
  await pushImage(
    client,
    'team/app',
    'v1',
    makeImage({ layers: [{ seed: 'a', bytes: 5_000 }], label: 'traced' }),
  )
  const has = (trace: readonly LabSpan[], ...names: string[]) =>
    names.every((name) => trace.some((span) => span.name === name))
  const asks = (trace: readonly LabSpan[], host: string) =>
    trace.filter(({ attributes }) => `${attributes['server.address']}:${attributes['server.port']}` === host)
  const traceWith = async (holds: (trace: LabSpan[]) => boolean) => {
    const [trace = []] = await eventually(
      async () => tracesOf(receiver.spans).filter(holds),
      (traces) => traces.length > 0,
    )
    return trace
  }
  const found = await traceWith(
    (trace) =>
      has(trace, 'POST /v1/events', 'process events', 'process quota', 'process alerts') &&
      asks(trace, channel.host).length > 0,
  )
  const processOf = (name: string) => found.find((span) => span.name === name)?.process ?? {}
  const [api, worker] = [processOf('POST /v1/events'), processOf('process events')]
  expect([api['service.name'], worker['service.name']]).toEqual(['tallyman', 'tallyman'])
  expect(api['service.instance.id']).not.toBe(worker['service.instance.id'])

  // The way from the alert back to the delivery has no gap.
  const byId = new Map(found.map((span) => [span.id, span]))
  const way: string[] = []
  for (let at = asks(found, channel.host)[0]; at; at = byId.get(at.parent ?? '')) way.unshift(at.name)
  expect(way[0]).toBe('POST /v1/events')
  expect(way.filter((name) => name.startsWith('process'))).toEqual([
    ...['process events', 'process quota'],
    ...['process alerts', 'process alerts', 'process alerts'],
  ])

  const promotion = await traceWith(
    (trace) =>
      has(trace, 'POST /v1/events', 'process promotion') &&
      asks(trace, production.host).some(({ attributes }) => attributes['http.request.method'] === 'PUT'),
  )
  const paths = promotion.map(({ attributes }) => attributes['tallyman.registry.path'])
  expect(paths).toContain('/v2/team/app/manifests/v1')

  const all = receiver.bodies.join('\n')
  for (const secret of [
    PASSWORD,
    's3cret',
    SECRET,
    WEBHOOK_TOKEN,
    ADMIN_TOKEN,
    READ_TOKEN,
    'Bearer',
    'Basic ',
  ])
    expect(all.includes(secret), secret).toBe(false)
  const names = receiver.spans.flatMap(({ attributes }) => Object.keys(attributes))
  expect(
    names.filter((name) => /url\.(full|path|query)|header|user_agent|options|progress/.test(name)),
  ).toEqual([])
  const idle = receiver.spans.filter(({ kind, parent }) => kind === 1 && !parent)
  expect(idle).toEqual([])
})

test('nothing of OpenTelemetry is loaded unless an endpoint is set', async () => {
  const importsOf = async (env: NodeJS.ProcessEnv) => {
    const hook = fileURLToPath(new URL('../../lab/log-imports.ts', import.meta.url))
    const service = await makeService({ env: { ...env, NODE_OPTIONS: `--import=${hook}` } })
    onTestFinished(() => service.close())
    const { output } = await service.startApi(['--workers'])
    // prom-client has the API, which does nothing by itself.
    return [...output().matchAll(/^imports (\S+)/gm)]
      .map(([, name]) => name)
      .filter((name) => name !== '@opentelemetry/api')
  }
  expect(await importsOf({})).toEqual([])
  const receiver = await startOtlpReceiver()
  onTestFinished(() => receiver.close())
  expect(await importsOf({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url })).toEqual(
    expect.arrayContaining(['@fastify/otel', 'bullmq-otel', '@opentelemetry/sdk-trace-node']),
  )
})
