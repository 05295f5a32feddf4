import { alertsWorker } from '../../workers/alerts.ts'
import { makeAnnounce } from '../alerts/announce.ts'
import { makeBoxes } from '../alerts/boxes.ts'
import { makeDeliver } from '../alerts/deliver.ts'
import { makeGather } from '../alerts/gather.ts'
import { makeNewestAlerts } from '../alerts/newest-alerts.ts'
import { changeOfAlert } from '../outgoing/changes.ts'
import type { WorkerParts } from './worker-parts.ts'

/** How many jobs of alerts there are at a time beside one for each channel. */
const BESIDE = 4

/** Starts the worker that records alerts and sends them to the channels. */
export function startAlerts(parts: WorkerParts) {
  const { settings, onReload } = parts
  const { lines } = parts
  // A channel that is slow has one job in hand, so it holds up no other.
  const concurrency = () => BESIDE + settings().config.alerts.channels.length
  const alerts = makeAnnounce({
    ...parts,
    ...{ routes: () => settings().routes, journal: parts.journals.alerts },
    gather: makeGather({
      ...{ queues: parts.queues, boxes: makeBoxes(parts), lines },
      newestAlerts: makeNewestAlerts(parts),
      ...{ snoozes: parts.snoozes, deliveries: parts.deliveries },
      gatherMs: () => settings().config.alerts.gather,
      isFilling: async () => {
        const runs = await Promise.all(parts.registries.map(({ name }) => parts.ledger.unfinishedRun(name)))
        return runs.some((run) => run !== undefined && run.readAt === run.firstReadAt)
      },
    }),
    deliver: makeDeliver(parts),
  })
  /** Each alert tells of a change, which other programs may want to know, too. */
  const announce: typeof alerts.announce = async (data, run) => {
    if (data.kind === 'announce') await parts.tell([changeOfAlert(data.alert)])
    return alerts.announce(data, run)
  }
  const worker = alertsWorker(parts.context, { ...alerts, announce }, concurrency())
  onReload(async () => {
    worker.concurrency = concurrency()
  })
  return worker
}
