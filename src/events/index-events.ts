import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { parseTimestamp } from '../platform/timestamp.ts'
import type { AskFollow } from '../promotion/ask-follow.ts'
import type { FindMatches } from '../promotion/match.ts'
import type { Delivery, ReferencesJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { NoteEntries } from '../replay/event-journal.ts'
import { type Entry, entryOf } from '../replay/journal-line.ts'
import { type Fact, isSighting, type Sighting, viaOf } from '../usage/fact.ts'
import { projectId, splitProjectId } from '../usage/project.ts'
import type { RenameTable } from '../usage/rename-table.ts'
import { factsUnderNewName, factsUnderOldName, newNameOf, type Rename } from '../usage/renames.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { askPromotions } from './ask-promotions.ts'
import { askMove } from './move-repositories.ts'
import type { Normalise, Normalised } from './normalise.ts'
import { pace } from './pace.ts'
import type { Pulls } from './pulls.ts'
import type { Quarantine } from './quarantine.ts'
import type { ReferencesTold } from './references-told.ts'
import type { RefuseRename } from './rename-gate.ts'
import { askReferences } from './resolve-references.ts'
import { makeSetAside, type NotUnderstood } from './set-aside.ts'
import type { makeWatchInstances } from './watch-instances.ts'

interface ParsedFact {
  registry: string
  fact: Fact
}

/**
 * Works off a job of the `events` queue. Each event becomes a fact, and the facts of each project are applied to the
 * index together. Jobs for quotas, promotions and lookups follow. Running a job twice changes nothing more.
 */
export function makeIndexEvents(deps: {
  index: Pick<UsageIndex, 'applyAll'>
  /** Notes what the index is told, before it is. */
  noteEntries: NoteEntries
  queues: Queues
  quarantine: Quarantine
  normalise: Normalise
  /** Called for events that went to quarantine: the index lacks what they said. `receivedAt`: RFC 3339. */
  onQuarantined: (registry: string, receivedAt: string) => Promise<unknown>
  renames: RenameTable
  refuseRename: RefuseRename
  watchInstances: ReturnType<typeof makeWatchInstances>
  watchPulls: Pulls['watch']
  watchReferences: ReferencesTold['watch']
  projectOf: (registry: string, repository: string) => string
  match: FindMatches
  askFollow: AskFollow
  recheckQuotas: (projects: Iterable<string>) => Promise<void>
  /** epoch µs */
  now: () => number
  metrics: Metrics
  log: Logger
}) {
  const { queues, projectOf } = deps
  const setAside = makeSetAside(deps)

  return async function indexEvents(deliveries: readonly Delivery[]): Promise<void> {
    await nextTurn() // BullMQ has parsed the job in this turn.
    await deps.watchInstances(deliveries)
    await deps.watchPulls(deliveries)
    await deps.watchReferences(deliveries)
    const { parsed, counts } = await parse(deliveries)
    const { byProject, incomplete, underNewName } = await groupByProject(parsed)
    await pace()
    const endApply = deps.metrics.applySeconds.startTimer()
    const results = await deps.index.applyAll(byProject)
    endApply()
    const applied = new Map<string, Fact[]>()
    const changed: string[] = []
    for (const [project, facts] of byProject) {
      const result = results.get(project)
      if (result?.status !== 'fulfilled') continue
      const { changedBytes, unresolved } = result.value
      applied.set(project, facts)
      // Not `push(...all)`: a call takes some hundred thousand arguments at most.
      const { registry } = splitProjectId(project)
      for (const fact of unresolved) if (!underNewName.has(fact)) incomplete.push(toResolve(registry, fact))
      if (changedBytes !== 0 || facts.some(mayChangeUsage)) changed.push(project)
    }
    await askReferences(queues, incomplete)
    await deps.recheckQuotas(changed)
    await askPromotions(deps, applied)
    // If one project failed, the whole job runs again.
    for (const result of results.values()) if (result.status === 'rejected') throw result.reason
    await deps.quarantine.remove(deliveries.flatMap(({ quarantineId = [] }) => quarantineId))
    for (const [labels, count] of counts) {
      const [registry = '', outcome = ''] = labels.split(' ')
      deps.metrics.eventsIndexed.inc({ registry, outcome }, count)
    }
    for (const { receivedAt } of deliveries) {
      const delay = deps.now() - (parseTimestamp(receivedAt) ?? deps.now())
      deps.metrics.indexDelaySeconds.observe(Math.max(0, delay / 1_000_000))
    }
  }

  /** Gives the facts, and the number of events by outcome. Enters renames, so that they hold for all of the facts. */
  async function parse(deliveries: readonly Delivery[]) {
    const parsed: ParsedFact[] = []
    const notUnderstood: NotUnderstood[] = []
    const entries: Entry[] = []
    const counts = new Map<string, number>()
    for (const delivery of deliveries) {
      const { registry, events, unread = [] } = delivery
      const received = parseTimestamp(delivery.receivedAt) ?? 0
      const count = (outcome: string) => {
        const key = `${registry} ${outcome}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
      for (const { reason, beginning } of unread) {
        notUnderstood.push({ delivery, reason, event: beginning })
        count('quarantined')
      }
      for (const event of events) {
        await pace()
        const normalised = await enterRename(registry, deps.normalise(event, received, deps.now()))
        if ('fact' in normalised) {
          parsed.push({ registry, fact: normalised.fact })
          const entry = entryOf(idOf(event), registry, normalised.fact)
          if (entry !== undefined) entries.push(entry)
        }
        if ('unclear' in normalised) notUnderstood.push({ delivery, reason: normalised.unclear, event })
        count(outcomeOf(normalised))
      }
    }
    await setAside(notUnderstood)
    await deps.noteEntries(entries)
    return { parsed, counts }
  }

  /** Enters a rename that may be followed. One that may not belongs in quarantine. */
  async function enterRename(registry: string, normalised: Normalised): Promise<Normalised> {
    if (!('rename' in normalised)) return normalised
    const refusal = await deps.refuseRename(registry, normalised.rename)
    if (refusal !== undefined) return { unclear: refusal }
    await deps.renames.add(registry, normalised.rename)
    await askMove(queues, registry, normalised.rename)
    return normalised
  }

  /** Groups facts by project. A fact from before a rename of its repository also goes to the new name's project. */
  async function groupByProject(parsed: readonly ParsedFact[]) {
    const byProject = new Map<string, Fact[]>()
    const incomplete: Omit<ReferencesJob, 'kind'>[] = []
    const underNewName = new Set<Fact>()
    const append = (registry: string, fact: Fact) => {
      const project = projectId(registry, projectOf(registry, fact.repository))
      const facts = byProject.get(project)
      if (facts) facts.push(fact)
      else byProject.set(project, [fact])
    }
    const tables = new Map<string, readonly Rename[]>()
    for (const { registry } of parsed)
      if (!tables.has(registry)) tables.set(registry, await deps.renames.of(registry))
    for (const { registry, fact } of parsed) {
      const newName = newNameOf(tables.get(registry) ?? [], fact.repository, fact.at)
      if (newName === undefined) {
        append(registry, fact)
        continue
      }
      for (const one of factsUnderOldName(fact, newName)) append(registry, one)
      for (const one of factsUnderNewName(fact, newName)) {
        append(registry, one)
        underNewName.add(one)
      }
      // Looked up under the name in the event; the lookup follows the rename.
      if (isSighting(fact) && !(fact.kind === 'push' && fact.extent === 'all'))
        incomplete.push(toResolve(registry, fact))
    }
    return { byProject, incomplete, underNewName }
  }
}

const outcomeOf = (normalised: Normalised): string =>
  'ignored' in normalised ? 'ignored' : 'unclear' in normalised ? 'quarantined' : 'applied'

const toResolve = (registry: string, sighting: Sighting) => {
  const { repository, digest, at } = sighting
  return { registry, repository, digest, at, via: viaOf(sighting) }
}

/**
 * Whether a fact of this kind can change unique bytes. The kind decides, not the change that was counted: a job that runs
 * again counts none, and its first run may have ended before it asked for quotas. Pulls and HEADs are nine of ten events
 * and rarely the first that is heard of a manifest: what they change is counted.
 */
const mayChangeUsage = (fact: Fact): boolean =>
  fact.kind === 'delete' || fact.kind === 'drop' || (isSighting(fact) && viaOf(fact) === 'push')

/** The id of an event that was understood. */
const idOf = (event: unknown): string => String(Object(event).id)
