import { isIPv6 } from 'node:net'
import type { Answer } from '../registry/answer.ts'
import { makeHttpClient, type Reach } from '../registry/http-client.ts'
import { parseJson } from '../registry/json.ts'
import { LIMITS } from '../registry/limits.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { chooseEndpoint, type EndpointChoice } from './choose-endpoint.ts'
import type { ProcessMetrics } from './counts.ts'
import type { Reading } from './judge.ts'
import { readDebugVars } from './read-debug-vars.ts'
import { readPrometheus } from './read-prometheus.ts'

/** Where the metrics of a registry's processes are. */
export interface MetricsSource extends EndpointChoice {
  /** One URL for each process. */
  url: readonly string[]
  /** A URL whose host is the name of all processes: each of its addresses is one. */
  pods?: string | undefined
  username?: string | undefined
  password?: string | undefined
  token?: string | undefined
}

/** The most bytes of metrics, and the time for them in ms. Those of a busy registry have some hundred kB. */
const LIMIT = 4 * 1024 * 1024
const ANSWER_MS = 10_000

/** The most processes of a registry, and how many are read at a time. */
const MOST = 100
const AT_A_TIME = 8

/** Reads all processes. `known`: the addresses of the last reading. */
export type ReadProcesses = (
  known: readonly string[],
) => Promise<Pick<Reading, 'processes' | 'gone' | 'failed'>>

type Outcome = { process: Reading['processes'][number] } | { failure: Reading['failed'][number] }

/**
 * Makes what reads the metrics of a registry. Their text holds the secret with which the registry sends its events, so no error
 * shows any of it. The caller closes it.
 */
export function makeReadProcesses(deps: {
  registry: string
  source: MetricsSource
  reach: Reach
  /** All addresses of a name. */
  lookup: (host: string) => Promise<string[]>
  /** epoch µs */
  now: () => number
}): { read: ReadProcesses; close: () => Promise<void> } {
  const { registry, source, reach, now } = deps
  const common = { registry, userAgent: 'tallyman', blobRate: LIMITS.blobRate }
  const http = makeHttpClient({ ...common, reach })
  // Addresses of pods are of our own network: no proxy knows the way to them.
  const direct = makeHttpClient({ ...common, reach: { tls: reach.tls } })
  const authorization = authorizationOf(source)

  async function readOne(address: string, client: typeof http): Promise<Outcome> {
    try {
      const answer = await client.send({
        ...{ method: 'GET', url: new URL(address), operation: `GET ${address}`, timeoutMs: ANSWER_MS },
        headers: { accept: '*/*', ...(authorization && { authorization }) },
      })
      const metrics = await metricsOf(answer)
      const counts = chooseEndpoint(metrics, source)
      if ('problem' in counts) return { failure: { address, problem: counts.problem } }
      const { birth, recentCollections } = metrics
      return { process: { address, counts, birth, recentCollections, at: dateOf(answer, now()) } }
    } catch (error) {
      const problem = error instanceof RegistryError ? error.answer : 'it cannot be read'
      return { failure: { address, problem } }
    }
  }

  return {
    async read(known) {
      const { addresses, failure } = await addressesOf(source.pods, deps.lookup)
      const left = known.filter((one) => !addresses.includes(one) && !source.url.includes(one))
      const all = [...addresses, ...left]
      const [pods, tooMany] = [all.slice(0, MOST), all.slice(MOST)]
      const targets = [
        ...source.url.map((address) => ({ address, client: http })),
        ...pods.map((address) => ({ address, client: direct })),
      ]
      const outcomes: Outcome[] = []
      // Each may answer with as much as is allowed.
      for (let n = 0; n < targets.length; n += AT_A_TIME) {
        const some = targets.slice(n, n + AT_A_TIME)
        outcomes.push(...(await Promise.all(some.map(({ address, client }) => readOne(address, client)))))
      }
      const answered = outcomes.flatMap((one) => ('process' in one ? one.process : []))
      const { processes, twice } = eachOnce(answered, new Set(source.url))
      const failures = outcomes.flatMap((one) => ('failure' in one ? one.failure : []))
      // Without the list of addresses nothing shows that a process is gone, and not only its network.
      const isGone = ({ address }: { address: string }) => failure === undefined && left.includes(address)
      return {
        processes,
        gone: failures.filter(isGone).map(({ address }) => address),
        failed: [
          ...failures.filter((one) => !isGone(one)),
          ...twice,
          ...tooMany.map((address) => ({ address, problem: `more than ${MOST} processes are not read` })),
          ...(failure ? [failure] : []),
        ],
      }
    },
    async close() {
      await Promise.all([http.close(), direct.close()])
    },
  }
}

/**
 * Leaves out a process that answers at two places of which one is a URL of its own: its events would count twice. Pods have one
 * address each. Go tells when its garbage collections were, in ns; Prometheus' format, when the process began, in hundredths of s.
 */
function eachOnce(read: Reading['processes'], urls: ReadonlySet<string>) {
  const processes: Reading['processes'][number][] = []
  const twice: Reading['failed'][number][] = []
  for (const one of read) {
    const other = processes.find(
      (before) => (urls.has(before.address) || urls.has(one.address)) && isOneProcess(before, one),
    )
    if (other === undefined) processes.push(one)
    else
      twice.push({ address: one.address, problem: `it is the process that answers at ${other.address}, too` })
  }
  return { processes, twice }
}

function isOneProcess(a: Reading['processes'][number], b: Reading['processes'][number]): boolean {
  if (a.birth.startedAt !== undefined) return a.birth.startedAt === b.birth.startedAt
  const { lastCollection } = a.birth
  return lastCollection !== undefined && b.recentCollections.includes(lastCollection)
}

/** Pods of a cluster with IPv4 and IPv6 have an address of each: those of one family are all pods. */
function ofOneFamily(addresses: readonly string[]): string[] {
  const [six, four] = [addresses.filter(isIPv6), addresses.filter((one) => !isIPv6(one))]
  return six.length > four.length ? six : four
}

/** The URL of each process that a name stands for. */
async function addressesOf(
  pods: string | undefined,
  lookup: (host: string) => Promise<string[]>,
): Promise<{ addresses: string[]; failure?: Reading['failed'][number] }> {
  if (pods === undefined) return { addresses: [] }
  const { hostname } = new URL(pods)
  try {
    const found = await lookup(hostname.replace(/^\[|\]$/g, ''))
    // In order: DNS gives them in another one each time.
    const addresses = ofOneFamily([...new Set(found)].toSorted()).map((one) => {
      const url = new URL(pods)
      url.hostname = isIPv6(one) ? `[${one}]` : one
      return url.href
    })
    return { addresses }
  } catch {
    return { addresses: [], failure: { address: pods, problem: `DNS has no addresses of ${hostname}` } }
  }
}

/** @throws RegistryError that shows nothing of the answer */
async function metricsOf(answer: Answer): Promise<ProcessMetrics> {
  if (answer.status !== 200) {
    await answer.discard()
    const isRedirect = answer.status >= 300 && answer.status < 400
    throw answer.error(`it answers ${answer.status}${isRedirect ? ': name the URL to which it leads' : ''}`)
  }
  const bytes = await answer.bytes(LIMIT)
  const value = parseJson(bytes)
  const metrics = value === undefined ? readPrometheus(bytes.toString('utf8')) : readDebugVars(value)
  if (metrics !== undefined) return metrics
  throw answer.error('it is neither /debug/vars nor Prometheus metrics of a registry')
}

/** How much a clock may be wrong that is believed, in µs. */
const MOST_WRONG_US = 86_400_000_000

function dateOf(answer: Answer, now: number): number {
  const us = Date.parse(answer.header('date') ?? '') * 1_000
  return Math.abs(us - now) < MOST_WRONG_US ? us : now
}

function authorizationOf({ username, password, token }: MetricsSource): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  if (username === undefined) return undefined
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
}
