import { setTimeout as sleep } from 'node:timers/promises'

export interface Project {
  id: string
  uniqueBytes: number
  referencedBytes: number
  manifests: number
  tags: number
  limitBytes: number | null
  flag: 'ok' | 'warning' | 'over'
}
export interface Alert {
  registry: string
  project: string
  to: Project['flag']
  text: string
}
export interface Promotion {
  digest: string
  from: Place
  to: Place
}
interface Place {
  registry: string
  repository: string
  tag: string
}
export interface Decision {
  repository: string
  digest: string
  tags: string[]
  verdict: 'delete' | 'keep'
  reason: string
}
export interface Run {
  deletes: (Decision & { outcome: string })[]
}

/** Tallyman's API, as far as the demo asks it. */
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
    promotions: async () => (await ask<{ promotions: Promotion[] }>('/v1/promotions')).promotions,
    quarantined: async () => (await ask<{ total: number }>('/v1/quarantine')).total,
    plan: async () =>
      (await ask<{ plans: { decisions: Decision[] }[] }>('/v1/expiry/plan')).plans.flatMap(
        (p) => p.decisions,
      ),
    runs: async () => (await ask<{ runs: Run[] }>('/v1/expiry/runs')).runs,
    expire: (policy: string) =>
      ask<{ job: string }>('/v1/expiry/runs', { method: 'POST', body: JSON.stringify({ policy }) }),
    /** Events acknowledged so far, from the metrics. */
    async events(): Promise<number> {
      const text = await (await fetch(`${url}/metrics`)).text()
      const counts = text.matchAll(/^tallyman_events_accepted_total\{.*\} (\d+)$/gm)
      return [...counts].reduce((sum, [, count]) => sum + Number(count), 0)
    },
  }
}
export type Api = ReturnType<typeof makeApi>

/** Asks every 50 ms until `ask` gives something that `holds`, for 30 s at most. */
export async function until<T>(
  what: string,
  ask: () => Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  let value: T | undefined
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
    value = await ask().catch(() => undefined)
    if (value !== undefined && holds(value)) return value
  }
  throw new Error(`waited 30 s for ${what}; last seen: ${JSON.stringify(value)}`)
}
