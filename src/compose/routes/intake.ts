import { makeIntake } from '../../events/intake.ts'
import { makeReplay } from '../../events/replay.ts'
import { roomFor } from '../../events/room.ts'
import { admissionRoute } from '../../http/admission-route.ts'
import { brokenImagesRoute } from '../../http/broken-images-route.ts'
import { deliveryAuditRoute } from '../../http/delivery-audit-route.ts'
import { eventsRoute } from '../../http/events-route.ts'
import { quarantineRoute } from '../../http/quarantine-route.ts'
import { registriesRoute } from '../../http/registries-route.ts'
import { scrubRoute } from '../../http/scrub-route.ts'
import { storageRoute } from '../../http/storage-route.ts'
import { usesRoute } from '../../http/uses-route.ts'
import { makeAdmission, makeGates } from '../admission.ts'
import type { OnRedis, Parts } from '../parts.ts'
import { surveysOf } from '../storage.ts'
import { makeStorageDoctor } from '../storage-doctor.ts'
import { makeUses } from '../uses.ts'
import type { Shared } from './shared.ts'

/** What registries and other machines send, and what came of it. */
export function intakeRoutes(parts: Parts, onRedis: OnRedis, shared: Shared) {
  const { config, metrics, registries, log } = parts
  const { queues, backlog, quarantine, taken, audits } = onRedis
  const room = roomFor(config.server.bodyLimit)
  const intake = makeIntake({
    ...{ queue: queues.events, backlog, maxBacklog: config.intake.maxBacklog, room, taken, metrics },
  })
  const surveys = surveysOf(parts)
  return [
    eventsRoute({ ...shared, intake, metrics }),
    admissionRoute({ ...shared, ...makeGates(parts, onRedis), admit: makeAdmission(parts, onRedis) }),
    usesRoute({ ...shared, reportUses: makeUses(parts, onRedis), log }),
    registriesRoute({ ...onRedis, ...shared, registries }),
    deliveryAuditRoute({ ...shared, registries, audits }),
    storageRoute({
      ...{ ...shared, registries, queues, surveys },
      diagnoseStorage: makeStorageDoctor(registries, surveys),
    }),
    brokenImagesRoute({
      ...{ ...shared, registries, queues, clientOf: parts.clientOf, records: onRedis.brokenRecords },
      audit: parts.journals.audit.audit,
    }),
    scrubRoute({ ...shared, registries, queues, state: onRedis.scrubState, now: Date.now }),
    quarantineRoute({ ...shared, quarantine, replay: makeReplay({ quarantine, queues }) }),
  ]
}
