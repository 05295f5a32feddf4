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
  const routes = deps.routes.map(({ channel, projects }) => ({
    channel,
    globs: projects.map(makeGlob),
    // An alert about a registry goes to all who get alerts about one of its projects.
    registryGlobs: projects.map((glob) => makeGlob(glob.split('/')[0] ?? '')),
  }))

  return async function announce(job: Jobs['alerts']): Promise<void> {
    if (job.kind === 'deliver') return deliver(job.alert, job.channel)
    const { alert } = job
    await deps.journal.append(alert)
    const isFor = ({ globs, registryGlobs }: (typeof routes)[number]) =>
      'project' in alert
        ? globs.some((matches) => matches(`${alert.registry}/${alert.project}`))
        : registryGlobs.some((matches) => matches(alert.registry))
    for (const { channel } of routes.filter(isFor)) {
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
