import { randomInt, randomUUID } from 'node:crypto'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { digestOf } from './image.ts'
import { WEBHOOK_TOKEN } from './tallyman.ts'

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const CONFIG = 'application/vnd.docker.container.image.v1+json'
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** What a project must hold, by what was acknowledged. */
export interface Told {
  /** Digests of the manifests pushed. */
  manifests: Set<string>
  pulls: number
  /** Sizes of the distinct contents, by digest, in bytes. */
  contents: Map<string, number>
}

export interface EventSource {
  /** By project id, `ci/…`. */
  readonly told: ReadonlyMap<string, Told>
  /** How many events were acknowledged so far. */
  acknowledged(): number
  /** Statuses other than 202 and how often; 0 for no answer at all. */
  readonly refusals: ReadonlyMap<number, number>
  /** Makes no more events until told to go on; resolves once each registry's last one is acknowledged. */
  hold(): Promise<void>
  goOn(): void
  /** Stops making events; resolves once each registry's last one is acknowledged. */
  stop(): Promise<void>
}

/** Delivers one body over a connection of its own and gives the status; 0 for a lost connection or a late answer. */
export function deliver(url: string, body: string, timeoutMs: number): Promise<number> {
  return new Promise((resolve) => {
    const headers = {
      'User-Agent': 'Go-http-client/1.1',
      'Content-Length': Buffer.byteLength(body),
      Authorization: `Bearer ${WEBHOOK_TOKEN}`,
      'Content-Type': 'application/vnd.docker.distribution.events.v1+json',
    }
    const sent = request(`${url}/v1/events`, { method: 'POST', agent: false, headers, timeout: timeoutMs })
    // Registries say nothing of the connection, and end it once they are answered.
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
 * Registries that push and pull: each has one event in flight, over a new connection each time, gives an answer a
 * second, and sends the same event again until it is taken (docs/registries.md, Delivery).
 */
export function startEventSource(options: {
  /** Of several, each registry keeps to one. */
  url: string | readonly string[]
  registries: number
  projects: number
  /** The first registry's number, 0 unless told: what registries push is named after their numbers. */
  first?: number
  /** What part of the events are pulls, as far as there is something to pull; 0.6 unless told. */
  pulls?: number
}): EventSource {
  const { first = 0, pulls = 0.6 } = options
  const told = new Map<string, Told>()
  const refusals = new Map<number, number>()
  let acknowledged = 0
  let isStopping = false
  let mayGoOn = Promise.resolve()
  let goOn = () => {}
  /** Events on their way, one a registry at most. */
  const onTheirWay = new Set<Promise<void>>()
  const urls = [options.url].flat()

  async function untilTaken(event: object, url: string): Promise<void> {
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
      const taken = untilTaken(isPull ? pullEvent(image) : pushEvent(image), url)
      onTheirWay.add(taken)
      await taken
      onTheirWay.delete(taken)
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
    async hold() {
      const { promise, resolve } = Promise.withResolvers<void>()
      mayGoOn = promise
      goOn = resolve
      // Those about to begin have begun by then.
      await sleep(0)
      await Promise.all(onTheirWay)
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

/** An image with a config and a layer of its own and a layer that others share. */
export function makePush(registry: number, project: number, n: number): Pushed {
  const content = (mediaType: string, name: string, size: number) => ({
    ...{ mediaType, size, digest: digestOf(Buffer.from(name)) },
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
  ...{ id: randomUUID(), timestamp: new Date().toISOString(), action, request: { id: randomUUID(), method } },
  source: { addr: 'registry:5000', instanceID: 'f0e1d2c3-0000-4000-8000-000000000001' },
})

const targetOf = ({ repository, digest, size }: Pushed) => ({
  ...{ mediaType: MANIFEST, size, length: size, digest, repository },
})
