import { setImmediate } from 'node:timers/promises'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { parseTimestamp } from '../platform/timestamp.ts'
import type { makeMatch } from '../promotion/match.ts'
import type { Delivery, ReferencesJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { Fact, ManifestPull, ManifestPush } from '../usage/fact.ts'
import { projectId, splitProjectId } from '../usage/project.ts'
import type { RenameTable } from '../usage/rename-table.ts'
import { factsUnderNewName, factsUnderOldName, newNameOf, type Rename } from '../usage/renames.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { askPromotions } from './ask-promotions.ts'
import { askMove } from './move-repositories.ts'
import type { Normalise, Normalised } from './normalise.ts'
import type { Quarantine } from './quarantine.ts'
import { askReferences } from './resolve-references.ts'
import { makeSetAside, type NotUnderstood } from './set-aside.ts'
import type { makeWatchInstances } from './watch-instances.ts'

/** Events of one delivery after which others get their turn: a body of 10 MB has more than are understood in a second. */
const TURN = 1_000

interface Heard {
  registry: string
  fact: Fact
}

/**
 * Works off a job of the `events` queue: each event becomes a fact, each project's facts one call of the index, and
 * what follows is handed on to quotas, promotion and what has to be looked up. Run twice, it does the same again, to
 * no effect.
 */
export function makeIndexEvents(deps: {
  index: Pick<UsageIndex, 'applyAll'>
  queues: Queues
  quarantine: Quarantine
  normalise: Normalise
  /** What an event said that was not understood is missing from the index. `receivedAt`: RFC 3339. */
  onQuarantined: (registry: string, receivedAt: string) => Promise<unknown>
  renames: RenameTable
  watchInstances: ReturnType<typeof makeWatchInstances>
  projectOf: (registry: string, repository: string) => string
  match: ReturnType<typeof makeMatch>
  recheckQuotas: (projects: Iterable<string>) => Promise<void>
  metrics: Metrics
  log: Logger
}) {
  const { queues, projectOf } = deps
  const setAside = makeSetAside(deps)

  return async function indexEvents(deliveries: readonly Delivery[]): Promise<void> {
    await deps.watchInstances(deliveries)
    const { heard, counts } = await hear(deliveries)
    const { byProject, incomplete } = await place(heard)
    const results = await deps.index.applyAll(byProject)
    const applied = new Map<string, Fact[]>()
    const changed: string[] = []
    for (const [project, facts] of byProject) {
      const result = results.get(project)
      if (result?.status !== 'fulfilled') continue
      const { changedBytes, unresolved } = result.value
      applied.set(project, facts)
      // One by one: a call takes no more arguments than some hundred thousand.
      for (const sight of unresolved) incomplete.push(toResolve(splitProjectId(project).registry, sight))
      if (changedBytes !== 0 || facts.some(mayChangeUsage)) changed.push(project)
    }
    await askReferences(queues, incomplete)
    await deps.recheckQuotas(changed)
    await askPromotions({ queues, match: deps.match }, applied)
    // What failed is done again, with what did not.
    for (const result of results.values()) if (result.status === 'rejected') throw result.reason
    await deps.quarantine.remove(deliveries.flatMap(({ quarantineId = [] }) => quarantineId))
    for (const [labels, count] of counts) {
      const [registry = '', outcome = ''] = labels.split(' ')
      deps.metrics.eventsIndexed.inc({ registry, outcome }, count)
    }
  }

  /** The facts told, and how many events had which outcome. Renames are entered before any of them is placed. */
  async function hear(deliveries: readonly Delivery[]) {
    const heard: Heard[] = []
    const notUnderstood: NotUnderstood[] = []
    const counts = new Map<string, number>()
    for (const delivery of deliveries) {
      const { registry, events } = delivery
      const received = parseTimestamp(delivery.receivedAt) ?? 0
      for (const [n, event] of events.entries()) {
        if (n % TURN === TURN - 1) await setImmediate()
        const said = deps.normalise(event, received)
        if ('fact' in said) heard.push({ registry, fact: said.fact })
        else if ('rename' in said) await rename(registry, said.rename)
        else if ('unclear' in said) notUnderstood.push({ delivery, reason: said.unclear, event })
        const outcome = `${registry} ${outcomeOf(said)}`
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      }
    }
    await setAside(notUnderstood)
    return { heard, counts }
  }

  async function rename(registry: string, one: Rename): Promise<void> {
    await deps.renames.add(registry, one)
    await askMove(queues, registry, one)
  }

  /** Each fact with its project, and, where the repository was renamed after it, with that of its new name as well. */
  async function place(heard: readonly Heard[]) {
    const byProject = new Map<string, Fact[]>()
    const incomplete: Omit<ReferencesJob, 'kind'>[] = []
    const put = (registry: string, fact: Fact) => {
      const project = projectId(registry, projectOf(registry, fact.repository))
      const facts = byProject.get(project)
      if (facts) facts.push(fact)
      else byProject.set(project, [fact])
    }
    const tables = new Map<string, readonly Rename[]>()
    for (const { registry } of heard)
      if (!tables.has(registry)) tables.set(registry, await deps.renames.of(registry))
    for (const { registry, fact } of heard) {
      const route = newNameOf(tables.get(registry) ?? [], fact.repository, fact.at)
      if (route === undefined) {
        put(registry, fact)
        continue
      }
      for (const one of [...factsUnderOldName(fact, route), ...factsUnderNewName(fact, route)])
        put(registry, one)
      // The index asks for these only where they are reported, and they are not where they now belong.
      if (fact.kind === 'pull' || (fact.kind === 'push' && fact.extent !== 'all'))
        incomplete.push(toResolve(registry, fact))
    }
    return { byProject, incomplete }
  }
}

const outcomeOf = (said: Normalised): string =>
  'ignored' in said ? 'ignored' : 'unclear' in said ? 'quarantined' : 'applied'

const toResolve = (registry: string, { kind, repository, digest, at }: ManifestPush | ManifestPull) => ({
  ...{ registry, repository, digest, at, via: kind },
})

/**
 * What may have changed unique bytes, by its kind: a job that is run again changes nothing, and may not have come this
 * far before.
 */
const mayChangeUsage = ({ kind }: Fact): boolean =>
  kind === 'push' || kind === 'present' || kind === 'delete' || kind === 'drop'
