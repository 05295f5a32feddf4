import { once } from 'node:events'
import { makeGlob } from '../platform/glob.ts'
import { inPieces } from '../platform/in-pieces.ts'
import type { Logger } from '../platform/log.ts'
import type { ActionFacts } from '../queue/action-facts.ts'
import { splitProjectId } from '../usage/project.ts'
import type { ImageId } from '../usage/read-reclaim.ts'
import type { ExpiryPolicy } from './plan.ts'
import { takeAll } from './plan-bytes.ts'
import { makePlanner } from './planner.ts'

export type Frees = NonNullable<ActionFacts['frees']>

/** A larger project is not planned for this: some 2 s of work. */
const MOST_MANIFESTS = 20_000

/** How long whoever asks waits at most, in ms. */
const LIMIT_MS = 3_000

type Planning = Parameters<typeof makePlanner>[0]

/**
 * Makes what plans a project and tells what that would free. It asks no registry, and plans one project at a time. It gives
 * `undefined` if no policy is about the project, or if it is not known in time: the log says why.
 */
export function makeWouldFree(deps: {
  /** As configured now. */
  policies: () => readonly ExpiryPolicy[]
  /** What a planner of runs is made with. */
  planning: Planning
  /** Why the index of a registry may be wrong now; `undefined` if there is no reason. */
  doubtOf: (registry: string) => Promise<string | undefined>
  log: Pick<Logger, 'info'>
  limitMs?: number
  mostManifests?: number
}) {
  const { planning, log, limitMs = LIMIT_MS, mostManifests = MOST_MANIFESTS } = deps
  const { index } = planning
  let last: Promise<unknown> = Promise.resolve()

  /** @throws if it cannot be told */
  async function plan(
    project: string,
    policies: readonly ExpiryPolicy[],
    { isEscalated, signal }: { isEscalated: boolean; signal: AbortSignal },
  ): Promise<Frees | undefined> {
    signal.throwIfAborted()
    const { registry } = splitProjectId(project)
    const { manifests = 0 } = (await index.usage(project)) ?? {}
    if (manifests > mostManifests)
      throw new Error(`it has ${manifests} manifests, more than ${mostManifests}`)
    let isExact = (await deps.doubtOf(registry)) === undefined
    const planner = plannerOnIndex(isEscalated ? evictingNow(planning) : planning, () => {
      isExact = false
    })
    const unknown = await planner.protectionDoubtOf(registry)
    if (unknown !== undefined) throw new Error(unknown)
    /** Two policies may delete the same image. */
    const going = new Map<string, ImageId>()
    const names = new Set<string>()
    for (const policy of policies)
      for await (const decisions of planner.planProject(policy, project)) {
        signal.throwIfAborted()
        if (decisions.length > 0) names.add(policy.name)
        for (const { verdict, isUnread, repository, digest } of decisions) {
          // What stays only until a new image is read counts: most likely it goes then.
          if (verdict === 'delete' || isUnread) going.set(`${repository}@${digest}`, { repository, digest })
          if (isUnread) isExact = false
        }
      }
    if (names.size === 0) return undefined
    const reclaim = index.reclaim(project)
    await reclaim.load([...going.values()])
    const { uniqueBytes } = await inPieces(takeAll(going.values(), reclaim))
    return { bytes: uniqueBytes, images: going.size, policies: [...names], isExact }
  }

  /** `isEscalated`: the alert that is made is that of the escalation, from which on it is evicted. Otherwise its flag says it. */
  return async function wouldFree(
    project: string,
    { isEscalated } = { isEscalated: false },
  ): Promise<Frees | undefined> {
    const { registry } = splitProjectId(project)
    const policies = deps
      .policies()
      .filter((policy) => policy.registry === registry && makeGlob(policy.project ?? '**')(project))
    if (policies.length === 0) return undefined
    const signal = AbortSignal.timeout(limitMs)
    const tooLate = once(signal, 'abort').then(() => signal.throwIfAborted())
    const turn = last.then(() => plan(project, policies, { isEscalated, signal }))
    const found = Promise.race([turn, tooLate])
    // What is too late ends soon, and holds up nobody.
    last = found.catch(() => undefined)
    try {
      return (await found) ?? undefined
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      log.info({ project, why }, 'an alert does not tell what the expiry policies would free')
      return undefined
    }
  }
}

const evictingNow = (planning: Planning): Planning => ({
  ...planning,
  quotaOf: async (project) => ({ ...(await planning.quotaOf(project)), evictsLater: false }),
})

/** A planner that asks no registry. It calls `onUnknown` if it would need to, for something that a policy wants to know. */
const plannerOnIndex = (planning: Planning, onUnknown: () => void) =>
  makePlanner({
    ...planning,
    // Nothing is known of images that were not read yet. The plan says that it keeps others for their sake.
    findNotUnderstood: async () => new Map(),
    details: {
      ...planning.details,
      async of(request) {
        const known = await planning.details.known(request)
        const isKnown = (digest: string) => {
          const details = known.get(digest)
          return details !== undefined && (!request.wants.labels || details.labels !== undefined)
        }
        if (!request.images.every(({ digest }) => isKnown(digest))) onUnknown()
        return known
      },
    },
  })
