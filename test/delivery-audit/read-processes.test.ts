import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { type MetricsSource, makeReadProcesses } from '../../src/delivery-audit/read-processes.ts'
import { DEBUG_VARS, DISTRIBUTION_3 } from './metrics-texts.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Answering = (asked: IncomingMessage, answer: ServerResponse) => unknown

async function serve(answering: Answering, { host = '127.0.0.1', port = 0 } = {}) {
  const server = createServer(answering)
  await once(server.listen(port, host), 'listening')
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  closers.push(close)
  return { url: `http://${host}:${(server.address() as AddressInfo).port}/debug/vars`, close }
}

const NOW = 1_795_803_000_000_000
function reader(source: Partial<MetricsSource>, lookup = async (_: string): Promise<string[]> => []) {
  const { read, close } = makeReadProcesses({
    ...{ registry: 'ci', reach: {}, lookup, now: () => NOW },
    source: { url: [], onlyEndpoint: false, ...source },
  })
  closers.push(close)
  return read
}

const vars: Answering = (_, answer) => answer.end(JSON.stringify(DEBUG_VARS))

test('reads each URL, in either form, with the login that is configured and the time of the registry', async () => {
  const asked: (string | undefined)[] = []
  const one = await serve((request, answer) => {
    asked.push(request.headers.authorization)
    answer.setHeader('date', 'Fri, 27 Nov 2026 18:22:12 GMT')
    vars(request, answer)
  })
  const other = await serve((_, answer) => answer.end(DISTRIBUTION_3))
  const { processes, gone, failed } = await reader({
    url: [one.url, other.url],
    username: 'u',
    password: 'p',
  })([])
  expect({ gone, failed }).toEqual({ gone: [], failed: [] })
  expect(processes).toMatchObject([
    { address: one.url, counts: { events: 12, successes: 10, pending: 2 }, at: 1_795_803_732_000_000 },
    {
      address: other.url,
      counts: { events: 12, successes: 9, pending: 3 },
      birth: { startedAt: 1_795_803_729.26 },
    },
  ])
  expect(asked).toEqual([`Basic ${Buffer.from('u:p').toString('base64')}`])
  await reader({ url: [one.url], token: 'the-token' })([])
  expect(asked.at(-1)).toBe('Bearer the-token')
})

test.each<[string, Answering, RegExp]>([
  ['another status', (_, answer) => answer.writeHead(401).end('secretsecretsecret'), /^it answers 401$/],
  [
    'a redirect, which is not followed',
    (_, answer) => answer.writeHead(302, { location: '/secretsecretsecret' }).end(),
    /^it answers 302: name the URL to which it leads$/,
  ],
  ['no metrics', (_, answer) => answer.end('secretsecretsecret'), /^it is neither/],
  ['broken JSON', (_, answer) => answer.end('{"secretsecretsecret'), /^it is neither/],
  ['other JSON', (_, answer) => answer.end('{"a":"secretsecretsecret"}'), /^it is neither/],
  [
    'too much',
    (_, answer) => answer.end('secret'.repeat(2_000_000)),
    /^the answer is longer than 4194304 bytes$/,
  ],
  ['a broken connection', (_, answer) => answer.destroy(), /^UND_ERR_SOCKET|^ECONNRESET/],
])('%s is a problem that shows nothing of the answer', async (_, answering, problem) => {
  const { url } = await serve(answering)
  const { processes, failed } = await reader({ url: [url] })([])
  expect(processes).toEqual([])
  expect(failed).toEqual([{ address: url, problem: expect.stringMatching(problem) }])
  expect(JSON.stringify(failed)).not.toContain('secretsecret')
})

test('each address of a DNS name is a process; one that DNS drops is read until it does not answer', async () => {
  const port = await freePort()
  const one = await serve(vars, { port })
  const other = await serve(vars, { port, host: '127.0.0.2' })
  let addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.1']
  const asked: string[] = []
  const read = reader({ pods: `http://registry-pods.ci.svc:${port}/debug/vars` }, async (host) => {
    asked.push(host)
    if (addresses.length === 0) throw new Error('ENOTFOUND')
    return addresses
  })
  const all = await read([])
  expect(all.processes.map(({ address }) => address)).toEqual([one.url, other.url])
  addresses = ['127.0.0.1']
  expect((await read([one.url, other.url])).processes).toHaveLength(2)
  await other.close()
  const third = await read([one.url, other.url])
  expect(third).toMatchObject({ processes: [{ address: one.url }], gone: [other.url], failed: [] })
  // It may be its network: it is no end while DNS names it, nor while DNS does not answer.
  addresses = ['127.0.0.1', '127.0.0.2']
  expect(await read([one.url])).toMatchObject({ gone: [], failed: [{ address: other.url }] })
  addresses = []
  const blind = await read([one.url, other.url])
  expect(blind.processes).toHaveLength(1)
  expect(blind.gone).toEqual([])
  expect(blind.failed.map(({ problem }) => problem)).toContain('DNS has no addresses of registry-pods.ci.svc')
  expect(new Set(asked)).toEqual(new Set(['registry-pods.ci.svc']))
})

test('an address of IPv6 is written as URLs want it', async () => {
  const read = reader({ pods: 'http://pods:1/debug/vars' }, async () => ['::1'])
  expect((await read([])).failed).toMatchObject([{ address: 'http://[::1]:1/debug/vars' }])
})

test('pods with addresses of IPv4 and IPv6 are each read once, in an order that stays', async () => {
  const both = ['::2', '127.0.0.3', '::1', '127.0.0.2']
  const read = reader({ pods: 'http://pods:1/x' }, async () => both)
  const asked = async () => (await read([])).failed.map(({ address }) => address)
  const four = ['http://127.0.0.2:1/x', 'http://127.0.0.3:1/x']
  expect(await asked()).toEqual(four)
  both.reverse()
  expect(await asked()).toEqual(four)
  both.push('::3')
  expect((await asked())[0]).toBe('http://[::1]:1/x')
})

test('more processes than are read are said to be unread, and are the same ones each time', async () => {
  const all = Array.from({ length: 130 }, (_, n) => `127.0.1.${n + 1}`)
  const read = reader({ pods: `http://pods:${await freePort()}/x` }, async () => all)
  const unread = async () =>
    (await read([])).failed
      .filter(({ problem }) => problem.startsWith('more than'))
      .map(({ address }) => address)
  const first = await unread()
  expect(first).toHaveLength(30)
  all.reverse()
  expect(await unread()).toEqual(first)
})

test('one process at two places counts once, and that is told', async () => {
  const one = await serve((_, answer) => answer.end(DISTRIBUTION_3))
  const same = await serve((_, answer) => answer.end(DISTRIBUTION_3))
  const another = await serve((_, answer) =>
    answer.end(DISTRIBUTION_3.replace(/^(process_start_time_seconds) .*/m, '$1 1.79580372927e+09')),
  )
  const found = await reader({ url: [one.url, same.url, another.url] })([])
  expect(found.processes.map(({ address }) => address)).toEqual([one.url, another.url])
  expect(found.failed).toEqual([
    { address: same.url, problem: `it is the process that answers at ${one.url}, too` },
  ])
})

test.each(['Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 31 Dec 9999 00:00:00 GMT', 'nonsense', '-200000'])(
  'a clock that is wrong by more than a day is not believed: %s',
  async (date) => {
    const { url } = await serve((request, answer) => {
      answer.setHeader('date', date)
      vars(request, answer)
    })
    expect((await reader({ url: [url] })([])).processes).toMatchObject([{ at: NOW }])
  },
)

test('a part of an event is no count, and a problem names few of many endpoints', async () => {
  const text = (value: string) =>
    `process_start_time_seconds 1.7e9\nregistry_notifications_events_total{endpoint="tallyman",type="Events"} ${value}\n`
  for (const value of ['1.5', 'NaN', '-3', '+Inf', '1e300']) {
    const { url } = await serve((_, answer) => answer.end(text(value)))
    const { processes, failed } = await reader({ url: [url] })([])
    expect(failed).toEqual([])
    expect(processes).toMatchObject([{ counts: { events: 0 } }])
  }
  const many = Array.from(
    { length: 20_000 },
    (_, n) => `registry_notifications_events_total{endpoint="<b>${'x'.repeat(90)}${n}",type="Events"} 1`,
  )
  const { url } = await serve((_, answer) => answer.end(`${many.join('\n')}\n`))
  const { failed } = await reader({ url: [url] })([])
  expect(failed[0]?.problem).toContain('and 19990 more')
  expect(failed[0]?.problem.length).toBeLessThan(1_500)
})
