import { alertsWorker } from '../../workers/alerts.ts'
import { makeAnnounce } from '../alerts/announce.ts'
import { makeDamper } from '../alerts/damper.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Starts the worker that records alerts and sends them to the channels. */
export function startAlerts(parts: WorkerParts) {
  const routes = () => parts.settings().routes
  const damper = makeDamper(parts)
  return alertsWorker(
    parts.context,
    makeAnnounce({ ...parts, routes, damper, journal: parts.journals.alerts }),
  )
}
