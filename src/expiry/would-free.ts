import { once } from 'node:events'
import type { Logger } from '../platform/log.ts'
import type { ActionFacts } from '../queue/action-facts.ts'
import { makePlanOnIndex, policiesAbout } from './plan-on-index.ts'

export type Frees = NonNullable<ActionFacts['frees']>

/** A larger project is not planned for this: some 2 s of work. */
const MOST_MANIFESTS = 20_000

/** How long whoever asks waits at most, in ms. */
const LIMIT_MS = 3_000

/**
 * Makes what plans a project and tells what that would free. It asks no registry, and plans one project at a time. It gives
 * `undefined` if no policy is about the project, or if it is not known in time: the log says why.
 */
export function makeWouldFree({
  log,
  limitMs = LIMIT_MS,
  mostManifests = MOST_MANIFESTS,
  ...deps
}: Omit<Parameters<typeof makePlanOnIndex>[0], 'mostManifests'> & {
  log: Pick<Logger, 'info'>
  limitMs?: number
  mostManifests?: number
}) {
  const plan = makePlanOnIndex({ ...deps, mostManifests })
  let last: Promise<unknown> = Promise.resolve()

  /** `isEscalated`: the alert that is made is that of the escalation, from which on it is evicted. Otherwise its flag says it. */
  return async function wouldFree(
    project: string,
    { isEscalated } = { isEscalated: false },
  ): Promise<Frees | undefined> {
    if (policiesAbout(deps.policies(), project).length === 0) return undefined
    const signal = AbortSignal.timeout(limitMs)
    const tooLate = once(signal, 'abort').then(() => signal.throwIfAborted())
    const turn = last.then(() => plan(project, { isEscalated, signal }))
    const found = Promise.race([turn, tooLate])
    // What is too late ends soon, and holds up nobody.
    last = found.catch(() => undefined)
    try {
      const planned = await found
      if (!planned) return undefined
      const { uniqueBytes, images, policies, isExact } = planned
      return { bytes: uniqueBytes, images, policies, isExact }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      log.info({ project, why }, 'an alert does not tell what the expiry policies would free')
      return undefined
    }
  }
}
