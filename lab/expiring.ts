import { Redis } from 'ioredis'
import type { Decision, ExpiryRun, RunSummary } from '../src/expiry/decision.ts'
import type { QueueName } from '../src/queue/jobs.ts'
import { closeQueues, makeQueues } from '../src/queue/queues.ts'
import { makeRegistryClient, type RegistryClient } from '../src/registry/client.ts'
import { type FaultyRegistry, startFaultyProxy } from './faulty-registry.ts'
import type { LabImage } from './image.ts'
import { freePort } from './ports.ts'
import { type PostOffice, startPostOffice } from './post-office.ts'
import { pushImage } from './push-image.ts'
import { type LabRegistry, type LabRegistryOptions, startRegistry } from './registry.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, startTallyman } from './tallyman.ts'

/** A real registry of a scene, and a client of it. */
export interface SceneRegistry extends LabRegistry {
  /** A client that asks it directly. */
  client: RegistryClient
  /** Makes requests of Tallyman fail. */
  faults: FaultyRegistry
  /** Its notifications go through this. */
  post: PostOffice
  /** Sends events with its token, which are not its own. Gives the status. */
  tell(events: object[]): Promise<number>
  /** Kills it and starts it again: it loses the notifications that it has not delivered. */
  restart(): Promise<void>
  push(repository: string, tag: string, image: LabImage): Promise<void>
  /** Whether the registry has a manifest, by tag or by digest. */
  has(repository: string, reference: string): Promise<boolean>
  tags(repository: string): Promise<string[]>
}

export type RunOutcome = RunSummary & Pick<ExpiryRun, 'deletes'>

export interface Expiring {
  tallyman: LabTallyman
  /** Stops and starts the worker of accepted events. */
  events: { pause(): Promise<void>; resume(): Promise<void> }
  registry(name: string): SceneRegistry
  /** Resolves once every event so far is in the index, and every manifest that had to be read was read. */
  settle(): Promise<void>
  plan(policy: string): Promise<Decision[]>
  /** Runs a policy at a registry to its end. */
  run(policy: string, registry: string): Promise<RunOutcome>
  /** Asks the API with the admin token. Gives the status and the body. */
  post(path: string, payload?: object): Promise<{ status: number; body: unknown }>
  close(): Promise<void>
}

/** A policy that never runs by itself in a test. */
export const byHand = { mode: 'apply', schedule: '0 0 29 2 *' } as const

/**
 * The whole service with real registries, which send it their notifications. Each may have a part of the configuration of its
 * own. Runs may delete all images of a project, unless `expiry` says otherwise.
 */
export async function startExpiring(options: {
  registries: Record<
    string,
    { config?: object; notify?: Omit<NonNullable<LabRegistryOptions['notify']>, 'url' | 'token'> } & Omit<
      LabRegistryOptions,
      'notify'
    >
  >
  expiry: Record<string, unknown>
  /** Those whose workers are in this process. Default: all. */
  queues?: readonly QueueName[]
}): Promise<Expiring> {
  const port = await freePort()
  const started = new Map<string, SceneRegistry>()
  const registries: Record<string, object> = {}
  for (const [name, { config, notify, ...more }] of Object.entries(options.registries)) {
    const token = `lab-webhook-token-${name}-0001`
    const post = await startPostOffice(`http://127.0.0.1:${port}/v1/events`)
    const registry = await startSceneRegistry(name, post, {
      ...more,
      notify: { url: post.url, token, ...notify },
    })
    registries[name] = { url: registry.faults.url, token, ...config }
    started.set(name, registry)
  }
  const tallyman = await startTallyman(
    { registries, reconcile: { onNewInstance: false }, expiry: { maxShare: '100%', ...options.expiry } },
    options.queues && { queues: options.queues },
  )
  await tallyman.app.listen({ port })

  const redis = new Redis(tallyman.redis.port)
  const queues = makeQueues(redis, 'tallyman')

  async function post(url: string, payload?: object) {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const answer = await tallyman.app.inject({ method: 'POST', url, headers, ...(payload && { payload }) })
    return { status: answer.statusCode, body: answer.json() }
  }
  return {
    ...{ tallyman, post, events: queues.events },
    registry(name) {
      const registry = started.get(name)
      if (registry === undefined) throw new Error(`no registry ${name}`)
      return registry
    },
    async settle() {
      for (const registry of started.values()) await registry.untilDelivered()
      await tallyman.untilDone('events')
      await tallyman.untilDone('resolve')
    },
    async plan(policy) {
      const path = `/v1/expiry/plan?policy=${policy}`
      const { plans } = await tallyman.get<{ plans: { decisions: Decision[] }[] }>(path)
      return plans.flatMap(({ decisions }) => decisions)
    },
    async run(policy, registry) {
      const { status, body } = await post('/v1/expiry/runs', { policy, registry, dryRun: false })
      const { run, job } = body as { run: string; job: string }
      if (status !== 202) throw new Error(JSON.stringify(body))
      await eventually(
        () => tallyman.get<{ state: string }>(`/v1/jobs/expiry/${job}`),
        ({ state }) => state === 'completed' || state === 'failed',
      )
      const summary = await tallyman.get<RunSummary>(`/v1/expiry/runs/${run}`)
      const path = `/v1/expiry/runs/${run}/deletes?limit=1000`
      return { ...summary, ...(await tallyman.get<Pick<ExpiryRun, 'deletes'>>(path)) }
    },
    async close() {
      await closeQueues(queues)
      redis.disconnect()
      await tallyman.close()
      for (const registry of started.values()) await registry.close()
    },
  }
}

async function startSceneRegistry(
  name: string,
  post: PostOffice,
  options: LabRegistryOptions,
): Promise<SceneRegistry> {
  const same = { ...options, port: await freePort(), debugPort: await freePort() }
  const registry = await startRegistry(same)
  const faults = await startFaultyProxy(registry)
  const client = makeRegistryClient({ name, url: registry.url })
  let running = registry
  return {
    ...registry,
    ...{ client, faults, post },
    push: (repository, tag, image) => pushImage(client, repository, tag, image),
    has: async (repository, reference) => (await client.headManifest(repository, reference)) !== undefined,
    tags: async (repository) => (await Array.fromAsync(client.tags(repository))).toSorted(),
    async tell(events) {
      const headers = { authorization: `Bearer ${options.notify?.token}`, 'content-type': 'application/json' }
      const answer = await fetch(post.url, { method: 'POST', headers, body: JSON.stringify({ events }) })
      return answer.status
    },
    async restart() {
      await running.process.stop('SIGKILL')
      running = await startRegistry({ ...same, folder: registry.folder })
    },
    async close() {
      await client.close()
      await running.process.stop('SIGKILL')
      await faults.close()
      await post.close()
    },
  }
}
