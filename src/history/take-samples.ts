import { projectSubject, type QuotaSubject } from '../queue/quota-subject.ts'
import type { ProjectUsage } from '../usage/usage.ts'
import { type Group, groupHistoryId, sumGroups } from './groups.ts'
import type { Histories } from './histories.ts'
import { type History, withoutFuture, withSample } from './history.ts'
import { addSamples, hourOf, NOTHING, type Sample, sampleOf } from './sample.ts'

/**
 * Adds the sample of this hour to the history of each project, each registry and each group with a quota. An hour without a run is a gap. A run that was
 * killed is repeated: what has its sample keeps it. Projects are read in batches of at most 100, while others write.
 */
export function makeTakeSamples(deps: {
  registries: readonly string[]
  /** Whether the index of a registry is whole: what is being read for the first time would look like growth. */
  isWhole: (registry: string) => Promise<boolean>
  /** The ids of a registry's projects, in batches. */
  idsOf: (registry: string) => AsyncIterable<string[]>
  usagesOf: (ids: readonly string[]) => Promise<(ProjectUsage | undefined)[]>
  /** Bytes that a registry's projects hold, each content once. */
  registryBytes: (registry: string) => Promise<number>
  histories: Histories
  /**
   * Is called with the history of each project, registry and group and its new sample; again, if the run is repeated.
   * `projects`: the ids of the largest projects of a group.
   */
  onSample: (subject: QuotaSubject, history: History, projects?: readonly string[]) => Promise<unknown>
  /** The groups with a quota that a project counts in. */
  groupsOf: (project: string) => readonly Group[]
  /** Are called with the same samples, for the reports of months; again, if the run is repeated. */
  noteHours: {
    ofProjects: (registry: string, hour: number, usages: readonly ProjectUsage[]) => Promise<unknown>
    ofRegistry: (registry: string, hour: number, sample: Sample) => Promise<unknown>
  }
  /** epoch ms */
  now: () => number
}) {
  const { histories } = deps

  async function addSample(id: string, hour: number, sample: Sample): Promise<History> {
    const kept = await histories.of(id)
    // The clock is read after the history: a worker that was frozen meanwhile takes no newer sample for one of the future.
    const history = withSample(withoutFuture(kept, hourOf(deps.now())), hour, sample)
    await histories.write(id, history, kept)
    return history
  }

  async function sampleProjects(
    registry: string,
    { hour, groups, failures }: Run,
    ids: readonly string[],
  ): Promise<Sample> {
    const usages = (await deps.usagesOf(ids)).filter((usage) => usage !== undefined)
    const samples = await Promise.all(
      usages.map(async (usage) => {
        const sample = sampleOf(usage)
        groups.add(usage.id, sample)
        await deps.onSample(projectSubject(usage.id), await addSample(usage.id, hour, sample))
        return sample
      }),
    )
    await deps.noteHours.ofProjects(registry, hour, usages).catch((error) => failures.push(error))
    return samples.reduce(addSamples, NOTHING)
  }

  /** A registry has the sums of its projects, but for `uniqueBytes`: what several projects hold counts once. */
  async function sampleRegistry(registry: string, run: Run): Promise<number> {
    const { hour, failures } = run
    const before = failures.length
    let sum = NOTHING
    let projects = 0
    for await (const ids of deps.idsOf(registry)) {
      sum = addSamples(sum, await sampleProjects(registry, run, ids))
      projects += ids.length
    }
    // Without a project, the index may have been lost.
    if (projects === 0) return 0
    const sample = { ...sum, uniqueBytes: await deps.registryBytes(registry) }
    await deps.onSample({ kind: 'registry', id: registry }, await addSample(registry, hour, sample))
    // It would say that what has no sample was not there.
    if (failures.length === before) await deps.noteHours.ofRegistry(registry, hour, sample)
    return projects
  }

  return async function takeSamples(): Promise<{ projects: number }> {
    // All samples of a run are of one hour, also if it runs into the next: so a registry has those of its projects.
    const run: Run = { hour: hourOf(deps.now()), groups: sumGroups(deps.groupsOf), failures: [] }
    let [projects, areAllWhole] = [0, true]
    for (const registry of deps.registries)
      if (await deps.isWhole(registry)) projects += await sampleRegistry(registry, run)
      else areAllWhole = false
    // A group may have projects of a registry that is not whole: its sum would be too small.
    if (areAllWhole)
      for (const { group, sample, projects } of run.groups.all()) {
        const history = await addSample(groupHistoryId(group), run.hour, sample)
        await deps.onSample({ kind: 'group', id: group.group }, history, projects)
      }
    if (run.failures.length > 0) throw run.failures[0]
    return { projects }
  }
}

/** What the samples of one run have in common. `hour`: since the epoch. */
interface Run {
  hour: number
  groups: ReturnType<typeof sumGroups>
  /** Why hours could not be noted. They end the run once all histories have their sample. */
  failures: unknown[]
}
