import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import { BY_PUSH } from './ask.ts'
import { checkGates, type GatesResult } from './gates/check-gates.ts'
import type { Gate } from './gates/gate.ts'
import type { Attempted } from './receipt-of.ts'

const OPEN: GatesResult = { state: 'open', results: [] }

/** Asks the gates of a job's rule. `now` is epoch µs. */
export const makeCheckGates =
  (deps: {
    /** As configured now. */
    gatesOf: (rule: string) => readonly Gate[]
    clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
    now: () => number
  }) =>
  async (job: PromotionJob, { id, askedAt }: Attempted): Promise<GatesResult> => {
    const gates = job.rule === undefined ? [] : deps.gatesOf(job.rule)
    if (gates.length === 0) return OPEN
    const { registry, project, repository, tag = '', digest, pushedAt, by } = job
    const found = await deps.clientOf(registry).headManifest(repository, digest)
    const mediaType = found?.mediaType ?? ''
    const subject = { promotion: id, registry, project, repository, tag, digest, mediaType }
    const requestedAt = askedAt * 1_000
    // Who can send notifications can date them back.
    const since = by === BY_PUSH ? Math.max(pushedAt, requestedAt) : pushedAt
    return checkGates(gates, { ...subject, pushedAt: since, requestedAt }, deps.now)
  }
