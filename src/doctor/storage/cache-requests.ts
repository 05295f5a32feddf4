import type { Answer } from '../../registry/answer.ts'
import { makeHttpClient, type Reach } from '../../registry/http-client.ts'
import { LIMITS } from '../../registry/limits.ts'
import type { Told } from '../../storage/settings/storage-settings.ts'

/** Where the metrics of a registry's processes are, and the login for them. */
export interface RegistryMetrics {
  /** One URL for each process. */
  url: readonly string[]
  username?: string | undefined
  password?: string | undefined
  token?: string | undefined
}

/** The most bytes of metrics, and the time for them in ms. */
const LIMIT = 8 * 1024 * 1024
const ANSWER_MS = 10_000

/**
 * Reads how often the processes of a registry asked their cache of blob descriptors. Ask after the registry was asked for a
 * manifest: with a cache, each such request counts, and 2.8 has no such metric before the first.
 */
export async function readCacheRequests(deps: {
  registry: string
  metrics: RegistryMetrics | undefined
  reach: Reach
}): Promise<Told<number>> {
  const { registry, metrics, reach } = deps
  if (metrics === undefined || metrics.url.length === 0)
    return {
      unknown: `no API tells it, and registries.${registry}.metrics names no URL of its Prometheus metrics`,
    }
  const http = makeHttpClient({ ...{ registry, userAgent: 'tallyman', blobRate: LIMITS.blobRate }, reach })
  const authorization = authorizationOf(metrics)
  async function read(url: URL): Promise<number | undefined> {
    const answer = await http.send({
      ...{ method: 'GET', url, operation: `GET ${url}`, timeoutMs: ANSWER_MS },
      headers: { accept: 'text/plain', ...(authorization && { authorization }) },
    })
    return cacheRequestsIn(await textOf(answer))
  }
  /** Beside `/debug/vars`, which does not count it, the registry has Prometheus metrics at `/metrics` if they are on. */
  async function readEither(url: string): Promise<number> {
    const count = (await read(new URL(url))) ?? (await read(new URL('/metrics', url)).catch(() => undefined))
    if (count !== undefined) return count
    throw new Error(
      `${url}: these are no Prometheus metrics of a registry (http.debug.prometheus), and no others count it`,
    )
  }
  try {
    const counts = await Promise.all(metrics.url.map(readEither))
    return { value: counts.reduce((sum, count) => sum + count, 0) }
  } finally {
    await http.close()
  }
}

async function textOf(answer: Answer): Promise<string> {
  if (answer.status === 200) return (await answer.bytes(LIMIT)).toString('utf8')
  await answer.discard()
  throw answer.error(`it answers ${answer.status}`)
}

const OF_REGISTRY = /^registry_(http|storage|notifications|middleware|proxy)_/m
/** 2.8: `registry_storage_cache_total{type="Request"}`; 3.x: `registry_storage_cache_requests_total`. */
const REQUESTS =
  /^registry_storage_cache_(?:total\{[^}]*type="Request"[^}]*\}|requests_total(?:\{[^}]*\})?)\s+(\S+)/gm

/** The requests to the cache in Prometheus metrics; `undefined` if these are of no registry. */
export function cacheRequestsIn(text: string): number | undefined {
  if (!OF_REGISTRY.test(text)) return undefined
  return [...text.matchAll(REQUESTS)].reduce((sum, [, count]) => sum + (Number(count) || 0), 0)
}

function authorizationOf({ username, password, token }: RegistryMetrics): string | undefined {
  if (token !== undefined) return `Bearer ${token}`
  if (username === undefined) return undefined
  return `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
}
