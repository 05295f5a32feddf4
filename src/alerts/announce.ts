import { makeGlob } from '../platform/glob.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Alert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Jobs } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { Journal } from '../store/journal.ts'
import type { Channel } from './channel.ts'

/** A channel and the projects it hears of, as globs over `registry/path`. */
export interface Route {
  channel: Channel
  projects: readonly string[]
}

/**
 * Works off the `alerts` queue: an announcement is recorded and becomes one delivery a channel, so that a
 * channel that is down is retried without the others hearing twice.
 */
export function makeAnnounce(deps: {
  routes: readonly Route[]
  queues: Queues
  journal: Journal<Alert>
  metrics: Metrics
}) {
  const routes = deps.routes.map(({ channel, projects }) => ({ channel, globs: projects.map(makeGlob) }))

  return async function announce(job: Jobs['alerts']): Promise<void> {
    if (job.kind === 'deliver') return deliver(job.alert, job.channel)
    const { alert } = job
    await deps.journal.append(alert)
    const project = `${alert.registry}/${alert.project}`
    for (const { channel, globs } of routes) {
      if (!globs.some((matches) => matches(project))) continue
      const data = { kind: 'deliver', alert, channel: channel.name } as const
      await deps.queues.alerts.add('alerts', data, { jobId: jobId('deliver', alert.id, channel.name) })
    }
  }

  async function deliver(alert: Alert, name: string): Promise<void> {
    const route = routes.find(({ channel }) => channel.name === name)
    if (route === undefined) return // The channel was taken out of the configuration meanwhile.
    await route.channel.send(alert)
    deps.metrics.alertsSent.inc({ channel: name })
  }
}
