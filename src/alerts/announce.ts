import { makeGlob } from '../platform/glob.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Alert } from '../queue/alert.ts'
import { jobId } from '../queue/job-id.ts'
import type { Jobs } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { Journal } from '../store/journal.ts'
import type { Channel } from './channel.ts'

/** A channel, and globs over `registry/path` for the projects whose alerts it gets. */
export interface Route {
  channel: Channel
  projects: readonly string[]
}

/**
 * Processes a job of the `alerts` queue. An `announce` job records the alert and queues one `deliver` job for each
 * channel. So a channel that is down is retried alone, and the others do not get the alert twice.
 * @throws ChannelError if the channel of a `deliver` job does not accept the alert
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
    if (route === undefined) return // The channel is no longer configured.
    await route.channel.send(alert)
    deps.metrics.alertsSent.inc({ channel: name })
  }
}
