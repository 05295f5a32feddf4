import { randomInt, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestOf } from './image.ts'
import { WEBHOOK_TOKEN } from './tallyman.ts'

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const CONFIG = 'application/vnd.docker.container.image.v1+json'
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** What the index must hold of a project: everything that was acknowledged. */
export interface Told {
  /** Digests of the pushed manifests. */
  manifests: Set<string>
  pulls: number
  /** Sizes in bytes, by digest. */
  contents: Map<string, number>
}

export interface EventSource {
  /** By project id, `ci/…`. */
  readonly told: ReadonlyMap<string, Told>
  /** How many events were acknowledged so far. */
  acknowledged(): number
  /** Resolves once this many more are acknowledged. */
  untilMore(count: number): Promise<void>
  /** How often each status other than 202 was the answer; 0 stands for no answer. */
  readonly refusals: ReadonlyMap<number, number>
  /** Makes no more events until `goOn`. Resolves once all events made so far are acknowledged. */
  hold(): Promise<void>
  goOn(): void
  /** Makes no more events. Resolves once all events made so far are acknowledged. */
  stop(): Promise<void>
}

/** Sends one body over a new connection and gives the status; 0 for a lost connection or a late answer. */
export function deliver(url: string, body: string, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    const headers = {
      'User-Agent': 'Go-http-client/1.1',
      'Content-Length': Buffer.byteLength(body),
      Authorization: `Bearer ${WEBHOOK_TOKEN}`,
      'Content-Type': 'application/vnd.docker.distribution.events.v1+json',
    }
    const sent = request(`${url}/v1/events`, { method: 'POST', agent: false, headers, timeout: timeoutMs })
    // Registries send no Connection header and close the connection after the answer.
    sent.removeHeader('Connection')
    sent.on('response', (answer) => {
      answer.resume().on('end', () => sent.destroy())
      resolve(answer.statusCode ?? 0)
    })
    sent.on('timeout', () => sent.destroy(new Error('late')))
    sent.on('error', () => resolve(0))
    sent.end(body)
  })
}

/**
 * Registries that push and pull. Each has one event in flight, uses a new connection for each request, waits a second
 * for the answer, and sends an event again until it is accepted (docs/registries.md, Delivery).
 */
export function startEventSource(options: {
  /** If there are several, each registry always uses the same one. */
  url: string | readonly string[]
  registries: number
  projects: number
  /** The first registry's number; 0 by default. Contents are named after it, so two sources can differ. */
  first?: number
  /** The share of pulls among events, once something was pushed; 0.6 by default. */
  pulls?: number
}): EventSource {
  const { first = 0, pulls = 0.6 } = options
  const told = new Map<string, Told>()
  const refusals = new Map<number, number>()
  let acknowledged = 0
  let isStopping = false
  let mayGoOn = Promise.resolve()
  let goOn = () => {}
  /** At most one event of each registry. */
  const inFlight = new Set<Promise<void>>()
  const urls = [options.url].flat()

  async function untilAccepted(event: object, url: string): Promise<void> {
    const body = JSON.stringify({ events: [event] })
    for (;;) {
      const status = await deliver(url, body, 1_000)
      if (status === 202) break
      refusals.set(status, (refusals.get(status) ?? 0) + 1)
      await sleep(50)
    }
    acknowledged++
  }

  async function registry(n: number): Promise<void> {
    const pushed: Pushed[] = []
    const url = urls[n % urls.length] ?? ''
    for (;;) {
      await mayGoOn
      if (isStopping) return
      const again = pushed[randomInt(Math.max(1, pushed.length))]
      const isPull = again !== undefined && Math.random() < pulls
      const image = isPull ? again : makePush(n, randomInt(options.projects), pushed.length)
      const accepted = untilAccepted(isPull ? pullEvent(image) : pushEvent(image), url)
      inFlight.add(accepted)
      await accepted
      inFlight.delete(accepted)
      const project = told.get(`ci/${image.repository}`) ?? {
        manifests: new Set(),
        pulls: 0,
        contents: new Map(),
      }
      told.set(`ci/${image.repository}`, project)
      if (isPull) project.pulls++
      else {
        pushed.push(image)
        project.manifests.add(image.digest)
        for (const { digest, size } of [image, ...image.references]) project.contents.set(digest, size)
      }
    }
  }
  const registries = Array.from({ length: options.registries }, (_, n) => registry(first + n))

  return {
    told,
    refusals,
    acknowledged: () => acknowledged,
    async untilMore(count) {
      for (const wanted = acknowledged + count; acknowledged < wanted; ) await sleep(20)
    },
    async hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      mayGoOn = promise
      goOn = resolve
      // A registry that was about to make an event has made it by then.
      await sleep(0)
      await Promise.all(inFlight)
    },
    goOn: () => goOn(),
    async stop() {
      isStopping = true
      goOn()
      await Promise.all(registries)
    },
  }
}

interface Pushed {
  repository: string
  tag: string
  digest: string
  size: number
  references: { mediaType: string; digest: string; size: number }[]
}

/** An image with its own config, its own layer, and a layer that other images share. */
export function makePush(registry: number, project: number, n: number): Pushed {
  const content = (mediaType: string, name: string, size: number) => ({
    mediaType,
    size,
    digest: digestOf(Buffer.from(name)),
  })
  const name = `${registry} ${project} ${n}`
  return {
    repository: `team-${project}/app`,
    tag: `r${registry}-${n}`,
    digest: digestOf(Buffer.from(`manifest ${name}`)),
    size: 500 + (n % 100),
    references: [
      content(CONFIG, `config ${name}`, 1_000 + (n % 100)),
      content(LAYER, `layer ${name}`, 100_000 + n),
      content(LAYER, `shared ${n % 10}`, 5_000_000 + (n % 10)),
    ],
  }
}

export const pushEvent = (image: Pushed): object => ({
  ...event('push', 'PUT'),
  target: { ...targetOf(image), tag: image.tag, references: image.references },
})

export const pullEvent = (image: Pushed): object => ({ ...event('pull', 'GET'), target: targetOf(image) })

const event = (action: string, method: string) => ({
  id: randomUUID(),
  timestamp: new Date().toISOString(),
  action,
  request: { id: randomUUID(), method },
  source: { addr: 'registry:5000', instanceID: 'f0e1d2c3-0000-4000-8000-000000000001' },
})

const targetOf = ({ repository, digest, size }: Pushed) => ({
  mediaType: MANIFEST,
  size,
  length: size,
  digest,
  repository,
})
