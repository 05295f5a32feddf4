import { setTimeout as sleep } from 'node:timers/promises'

export interface Project {
  id: string
  uniqueBytes: number
  referencedBytes: number
  exclusiveBytes: number
  manifests: number
  tags: number
  limitBytes: number | null
  flag: 'ok' | 'warning' | 'over'
}
export interface Alert {
  id: string
  registry: string
  project: string
  /** Of a change of the flag. */
  to?: Project['flag']
  text: string
}
/** What became of an alert for a channel. */
export interface Delivery {
  channel: string
  message: string
  result: string
}
export interface Receipt {
  id: string
  kind: 'promotion' | 'rollback'
  /** Of a rollback: the id of the promotion. */
  rolledBack?: string
  /** Absent if a rollback deleted the tag. */
  digest?: string
  gates: { gate: string; why: string }[]
  tags: { tag: string }[]
  from: TaggedImage
  to: TaggedImage
}
interface TaggedImage {
  registry: string
  repository: string
  tag: string
}
/** A promotion that has not arrived. */
export interface Undone {
  id: string
  state: string
  why?: string
  image: string
}
export interface Decision {
  repository: string
  digest: string
  tags: string[]
  verdict: 'delete' | 'untag' | 'keep'
  /** The tags that go alone. */
  untag?: string[]
  reason: string
}
interface Registry {
  name: string
  lastReconcile: object | null
  gaps: object[]
}
interface QueueCounts {
  queue: string
  waiting: number
  active: number
  delayed: number
}
export interface Stored {
  at: string
  total: { bytes: number }
  collectable: { bytes: number }
}
export interface Collection {
  outcome: string | null
  endedAt: string | null
  freed: { blobs: number; bytes: number } | null
  pauseMs: number | null
  error: string | null
}
export interface Run {
  id: string
  state: string
  outcomes: { deleted: number }
}
export interface Restored {
  repository: string
  digest: string
  tags: { name: string; outcome: string }[]
}
export type Deleted = Decision & { outcome: string }

/** The requests to Tallyman's API that the demo makes. */
export function makeApi(url: string, tokens: { read: string; admin: string }) {
  async function ask<Body>(path: string, init: RequestInit = {}): Promise<Body> {
    const token = init.method === undefined ? tokens.read : tokens.admin
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { ...init, headers })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as Body
  }
  return {
    projects: async () => (await ask<{ projects: Project[] }>('/v1/projects')).projects,
    project: (id: string) => ask<Project>(`/v1/projects/${encodeURIComponent(id)}`),
    alerts: async () => (await ask<{ alerts: Alert[] }>('/v1/alerts?limit=1000')).alerts.reverse(),
    deliveries: async () =>
      (await ask<{ deliveries: Delivery[] }>('/v1/alerts/deliveries?limit=1000')).deliveries,
    receipts: async () => (await ask<{ promotions: Receipt[] }>('/v1/promotions')).promotions,
    /** Promotions that wait. */
    waiting: async () =>
      (await ask<{ promotions: Undone[] }>('/v1/promotions/undone?state=waiting')).promotions,
    rollBack: (id: string) => ask<Receipt>(`/v1/promotions/${id}/rollback`, { method: 'POST', body: '{}' }),
    setQuota: (id: string, quota: { limit: string; for: string; by: string; why: string }) =>
      ask(`/v1/projects/${encodeURIComponent(id)}/quota`, { method: 'PUT', body: JSON.stringify(quota) }),
    quarantined: async () => (await ask<{ total: number }>('/v1/quarantine')).total,
    plan: async (policy: string) =>
      (
        await ask<{ plans: { decisions: Decision[] }[] }>(`/v1/expiry/plan?policy=${policy}&limit=1000`)
      ).plans.flatMap((p) => p.decisions),
    /** Whether a registry was read as a whole. */
    isRead: async (name: string) =>
      (await ask<{ registries: Registry[] }>('/v1/registries')).registries.some(
        (one) => one.name === name && one.lastReconcile !== null,
      ),
    /** Surveys the storage of a registry. Resolves once it is asked for. */
    survey: (name: string) => ask(`/v1/registries/${name}/storage`, { method: 'POST', body: '{}' }),
    /** What the last survey found; it fails before the first. */
    storage: (name: string) => ask<Stored>(`/v1/registries/${name}/storage`),
    collect: (name: string) =>
      ask<{ collection: string }>(`/v1/registries/${name}/collections`, { method: 'POST', body: '{}' }),
    collection: (name: string, id: string) => ask<Collection>(`/v1/registries/${name}/collections/${id}`),
    reconcile: (name: string) => ask(`/v1/registries/${name}/reconcile`, { method: 'POST', body: '{}' }),
    /** How often events of a registry may be missing. */
    gaps: async (name: string) =>
      (await ask<{ registries: Registry[] }>('/v1/registries')).registries.find((one) => one.name === name)
        ?.gaps.length,
    runs: async () => (await ask<{ runs: Run[] }>('/v1/expiry/runs')).runs,
    deletes: async (run: Run) =>
      (await ask<{ deletes: Deleted[] }>(`/v1/expiry/runs/${run.id}/deletes`)).deletes,
    run: (id: string) => ask<Run>(`/v1/expiry/runs/${id}`),
    expire: (policy: string) =>
      ask<{ run: string }>('/v1/expiry/runs', {
        method: 'POST',
        body: JSON.stringify({ policy, dryRun: false }),
      }),
    /** `image`: `registry/repository:tag`. */
    restore: (image: string) =>
      ask<Restored>(`/v1/trash/${encodeURIComponent(image)}/restore`, { method: 'POST', body: '{}' }),
    /** Jobs of the queue `events` that are not done. */
    async eventJobs(): Promise<number> {
      const { queues } = await ask<{ queues: QueueCounts[] }>('/v1/jobs')
      const events = queues.find(({ queue }) => queue === 'events')
      if (events === undefined) throw new Error('there is no queue events')
      return events.waiting + events.active + events.delayed
    },
    /** Events acknowledged so far, from the metrics. */
    async events(): Promise<number> {
      const text = await (await fetch(`${url}/metrics`)).text()
      const counts = text.matchAll(/^tallyman_events_accepted_total\{.*\} (\d+)$/gm)
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
    },
  }
}
export type Api = ReturnType<typeof makeApi>

/** Asks every 50 ms until the answer `holds`. Throws after two minutes. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  let value: T | undefined
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(50)) {
    value = await ask().catch(() => undefined)
    if (value !== undefined && holds(value)) return value
  }
  throw new Error(`waited two minutes for ${what}; the last answer was ${JSON.stringify(value)}`)
}
