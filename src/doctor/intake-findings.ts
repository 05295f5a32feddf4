import type { PullsHeard } from '../events/pulls-heard.ts'
import type { RefusalReason, RefusedSender } from '../events/refusals.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import type { Drift } from '../reconcile/drift.ts'
import type { Found } from './finding.ts'

/** What is known of the notifications of a registry. */
export interface Intake {
  registry: string
  /** epoch µs; 0 if no event came yet. */
  lastEventAt: number
  /** How many processes of the registry sent events in the last day. */
  instances: number
  refused: readonly RefusedSender[]
  pulls: PullsHeard
  /** Whether the last push told what it references; `undefined` if no image was pushed yet. */
  tellsReferences: boolean | undefined
  /** What a reconcile found that read the registry last, and when, in epoch ms; `undefined` if none has read it. */
  reconcile: { readAt: number; drift: Drift } | undefined
  /** Where registries reach this service, as far as that is known. */
  endpoint: string
}

const docs = 'README.md tells the section'

/** What there is to say of the notifications of a registry. `now`: epoch ms. */
export function intakeFindings(intake: Intake, now: number): Found[] {
  const { registry, lastEventAt, refused } = intake
  const check = `events of ${registry}`
  const refusals = refusalFindings(check, refused, now)
  if (lastEventAt > 0) return [arrived(check, intake), ...refusals, ...contents(intake)]
  const none: Found = {
    ...{ check, level: 'error', what: `no notification of ${registry} has come yet` },
    why: 'its usage is what the last reconcile found, and nothing that is pushed since is counted',
    fix: `name ${intake.endpoint} with the token of registries.${registry} in the notifications of the registry, restart it and push an image: ${docs}`,
  }
  // What was refused says more.
  return refusals.some(({ level }) => level === 'error') ? refusals : [none, ...refusals]
}

/** What a registry tells within seconds may be late while it is restarted, in ms. */
const SILENT_MS = 3_600_000

/** Changes that no event told: how many a reconcile found that came so long after the newest event. */
function untold({ lastEventAt, reconcile }: Intake): number {
  if (reconcile === undefined || reconcile.readAt - lastEventAt / 1000 < SILENT_MS) return 0
  const { manifestsMissed, manifestsGone, tagsMissed, tagsMoved, tagsGone } = reconcile.drift
  return manifestsMissed + manifestsGone + tagsMissed + tagsMoved + tagsGone
}

function arrived(check: string, intake: Intake): Found {
  const { lastEventAt, instances, registry, endpoint } = intake
  const missed = untold(intake)
  if (missed > 0)
    return {
      ...{ check, level: 'error' },
      what: `no notification has come since ${formatTimestamp(lastEventAt)}, and the last reconcile found ${missed} changes that none told of`,
      why: 'the registry has stopped sending: what is pushed is counted at the next reconcile only',
      fix: `see whether the notifications of ${registry} still name ${endpoint}, and what its log says of them: ${docs}`,
    }
  const from = instances === 1 ? '1 process' : `${instances} processes`
  return {
    ...{ check, level: 'ok' },
    what: `the newest event is of ${formatTimestamp(lastEventAt)}; ${from} of the registry sent events in the last day`,
  }
}

function contents({ registry, pulls, tellsReferences }: Intake): Found[] {
  const found: Found[] = []
  if (tellsReferences === false)
    found.push({
      ...{ check: `references of ${registry}`, level: 'warning' },
      what: 'its notifications do not tell what a manifest references',
      why: 'Tallyman fetches each new manifest; until then its bytes are not counted, and expiry keeps its repository',
      fix: 'set notifications.events.includereferences: true in the configuration of the registry, and restart it',
    })
  if (tellsReferences === true)
    found.push({
      ...{ check: `references of ${registry}`, level: 'ok' },
      what: 'its notifications tell what a manifest references',
    })
  const heard = { check: `pulls of ${registry}`, what: pulls.reason }
  found.push(
    pulls.areHeard
      ? { ...heard, level: 'ok' }
      : {
          ...{ ...heard, level: 'note' },
          why: 'rules about use (notUsedFor, by: used) apply to nothing until pulls are heard',
          fix: 'let the registry send pulls: no "pull" in ignore.actions of the endpoint; a reconcile shows whether they come',
        },
  )
  return found
}

/** A refused delivery is sent again each second or so: a refusal of so long ago was mended, in ms. */
const RECENT_MS = 600_000

const FIXES: Record<RefusalReason, string> = {
  tls: 'write http:// in the url of its endpoint, or put a proxy with TLS before this service',
  path: 'let the url of its endpoint end in /v1/events',
  token:
    "put the token of registries.<name>.token into its endpoint: headers: { Authorization: ['Bearer <token>'] }, and restart it",
  'content-type': 'see who sends there: no registry sends such a body',
  body: 'see who sends there: no registry sends such a body',
  'too-large': 'raise server.bodyLimit',
  backlog: 'see what waits: tallyman jobs. Raise intake.maxBacklog if Redis has room',
  memory: 'it passes by itself; give this process more memory if it comes again',
  unavailable: 'see the finding about redis',
}

/** What of the deliveries was refused. `refused`: the newest first. `now`: epoch ms. */
export function refusalFindings(check: string, refused: readonly RefusedSender[], now: number): Found[] {
  return refused.map(({ reason, from, detail, count, lastAt }) => ({
    check,
    level: now - lastAt < RECENT_MS ? 'error' : 'note',
    what: `deliveries from ${from} were refused, ${count} times, last at ${new Date(lastAt).toISOString()}: ${detail}`,
    why: 'a registry sends nothing else before what was refused: its later events wait, and are lost if it restarts',
    fix:
      now - lastAt < RECENT_MS
        ? `${FIXES[reason]}. If that was done, wait: ten minutes after the last refusal this is no error any more`
        : FIXES[reason],
  }))
}
