import { alertsWorker } from '../../workers/alerts.ts'
import { makeAnnounce } from '../alerts/announce.ts'
import { makeDamper } from '../alerts/damper.ts'
import { makeChannel } from '../alerts/make-channel.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that records alerts and sends them to the channels. */
export function startAlerts(parts: WorkerParts) {
  const dispatcher = makeDispatcher({ proxy: parts.config.proxy })
  parts.onClose(() => dispatcher.close())
  const routes = parts.config.alerts.channels.map((channel) => ({
    channel: makeChannel(channel, dispatcher),
    projects: channel.projects,
  }))
  const damper = makeDamper(parts)
  return alertsWorker(
    parts.context,
    makeAnnounce({ ...parts, routes, damper, journal: parts.journals.alerts }),
  )
}
