import { jobId } from '../queue/job-id.ts'
import type { RenameJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { digestKey } from '../usage/digest-key.ts'
import { type Fact, isFoundTag, PULL_GRACE_US } from '../usage/fact.ts'
import { projectId } from '../usage/project.ts'
import { RENAMES_CACHED_MS, type RenameTable } from '../usage/rename-table.ts'
import { factsUnderNewName, isAtOrBelow, newNameOf, type Rename } from '../usage/renames.ts'
import type { UsageIndex } from '../usage/usage-index.ts'

/** Facts that are collected before they are applied. */
const BATCH = 300

/**
 * Adds the job that moves renamed repositories in the index. The job waits until every process knows the rename. From
 * then on, late events for the old name are applied to both names, so nothing is lost in between.
 */
export async function askMove(queues: Queues, registry: string, rename: Rename): Promise<void> {
  const { from, to, at } = rename
  await queues.resolve.add(
    'resolve',
    { kind: 'rename', registry, ...rename },
    { jobId: jobId('rename', registry, from, to, at), delay: 2 * RENAMES_CACHED_MS, removeOnFail: false },
  )
}

/**
 * Moves the facts of renamed repositories, as of the rename, to the new names and empties the old ones. Running it again,
 * from the start or after a crash, ends the same. A registry may report a push that raced with the rename under the wrong
 * name, so a reconcile follows.
 */
export function makeMoveRepositories(deps: {
  index: Pick<UsageIndex, 'apply' | 'facts' | 'projects' | 'repositories'>
  renames: RenameTable
  projectOf: (registry: string, repository: string) => string
  /** Gives a project what is kept under another name, which it had as a whole. */
  takeAlong: (from: string, to: string) => Promise<unknown>
  /** Queues a look at the flag of a project, also if it has no quota. */
  look: (project: string) => Promise<unknown>
  recheckQuotas: (projects: string[]) => Promise<void>
  enqueueReconcile: (registry: string, reason: string) => Promise<unknown>
}) {
  const { index } = deps

  return async function moveRepositories({ registry, from, to, at }: RenameJob): Promise<{ facts: number }> {
    await deps.renames.add(registry, { from, to, at })
    const renames = await deps.renames.of(registry)
    const touched = new Set<string>()
    let facts = 0
    for (const project of await index.projects(registry)) {
      const all = await index.repositories(project)
      const repositories = all.filter((name) => isAtOrBelow(from, name))
      if (repositories.length === 0) continue
      touched.add(project)
      const targets = makeTargets(registry, renames, at)
      for (const repository of repositories)
        for await (const fact of index.facts(project, repository))
          if (!isOwnDrop(fact, renames)) facts += await targets.add(fact)
      const moved = await targets.flush()
      for (const target of moved) touched.add(target)
      const [target] = moved
      // The whole project got another name.
      const isRenamed = target !== undefined && moved.length === 1 && repositories.length === all.length
      if (isRenamed && target !== project) await deps.takeAlong(project, target)
      for (const repository of repositories) await index.apply(project, [{ kind: 'drop', repository, at }])
      if (isRenamed) await deps.look(target)
    }
    await deps.recheckQuotas([...touched])
    await deps.enqueueReconcile(registry, `${from} was renamed to ${to}`)
    return { facts }
  }

  /** Collects facts by the project to which they now belong, and applies them in batches. */
  function makeTargets(registry: string, renames: readonly Rename[], renamedAt: number) {
    const batches = new Map<string, Fact[]>()
    const graves = new Map<string, Promise<Graves>>()
    const flushOne = async (project: string, batch: Fact[]) => {
      if (batch.length > 0) await index.apply(project, batch.splice(0))
    }
    return {
      /** Gives the number of facts that were moved: 0 if the fact is younger than every rename. */
      async add(fact: Fact): Promise<number> {
        const newName = newNameOf(renames, fact.repository, fact.at)
        if (newName === undefined) return 0
        const project = projectId(registry, deps.projectOf(registry, newName.repository))
        const { repository } = newName
        const gravesOfTarget = graves.get(repository) ?? gravesOf(index.facts(project, repository), renamedAt)
        graves.set(repository, gravesOfTarget)
        const batch = batches.get(project) ?? []
        batches.set(project, batch)
        const buried = await gravesOfTarget
        const moved = factsUnderNewName(fact, newName).map((one) => afterGrave(one, buried))
        batch.push(...moved)
        if (batch.length >= BATCH) await flushOne(project, batch)
        return moved.length
      },
      async flush(): Promise<string[]> {
        for (const [project, batch] of batches) await flushOne(project, batch)
        return [...batches.keys()]
      },
    }
  }
}

/** Whether a drop comes from an earlier rename. Such a drop deleted nothing and is not moved. */
const isOwnDrop = (fact: Fact, renames: readonly Rename[]): boolean =>
  fact.kind === 'drop' && renames.some(({ from, at }) => at === fact.at && isAtOrBelow(from, fact.repository))

/** When each repository, and each digest in it, was last deleted; epoch µs. */
type Graves = ReadonlyMap<string, number>

const graveOf = (repository: string, digest: string): string => `${repository}@${digestKey(digest)}`

/** The deletions up to `until`: they concern the repositories that had the new name before. */
async function gravesOf(facts: AsyncIterable<Fact>, until: number): Promise<Graves> {
  const graves = new Map<string, number>()
  for await (const fact of facts) {
    if (fact.at > until || (fact.kind !== 'drop' && fact.kind !== 'delete')) continue
    const grave = fact.kind === 'drop' ? fact.repository : graveOf(fact.repository, fact.digest)
    graves.set(grave, Math.max(graves.get(grave) ?? 0, fact.at))
  }
  return graves
}

/** Dates a moved fact after the deletion of whatever had its new name before, so that the deletion does not cover it. */
function afterGrave(fact: Fact, graves: Graves): Fact {
  if (fact.kind !== 'present' && fact.kind !== 'link') return fact
  const { repository, digest } = fact
  const buriedAt = Math.max(graves.get(repository) ?? 0, graves.get(graveOf(repository, digest)) ?? 0)
  const grace = fact.kind === 'present' && fact.via === 'pull' ? PULL_GRACE_US : 0
  return fact.at > buriedAt + grace ? fact : { ...fact, at: buriedAt + grace + (isFoundTag(fact) ? 2 : 1) }
}
