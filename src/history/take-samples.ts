import type { ProjectUsage } from '../usage/usage.ts'
import type { Histories } from './histories.ts'
import { type History, withSample } from './history.ts'
import { addSamples, hourOf, NOTHING, type Sample, sampleOf } from './sample.ts'

/**
 * Adds the sample of this hour to the history of each project and each registry. An hour without a run is a gap. A run that was
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
  /** Is called with each project's history and its new sample; again, if the run is repeated. */
  onSample: (project: string, history: History) => Promise<unknown>
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
    const history = withSample(await histories.of(id), hour, sample)
    await histories.write(id, history)
    return history
  }

  async function sampleProjects(registry: string, hour: number, ids: readonly string[]): Promise<Sample> {
    const usages = (await deps.usagesOf(ids)).filter((usage) => usage !== undefined)
    const samples = await Promise.all(
      usages.map(async (usage) => {
        const sample = sampleOf(usage)
        await deps.onSample(usage.id, await addSample(usage.id, hour, sample))
        return sample
      }),
    )
    await deps.noteHours.ofProjects(registry, hour, usages)
    return samples.reduce(addSamples, NOTHING)
  }

  /** A registry has the sums of its projects, but for `uniqueBytes`: what several projects hold counts once. */
  async function sampleRegistry(registry: string, hour: number): Promise<number> {
    let sum = NOTHING
    let projects = 0
    for await (const ids of deps.idsOf(registry)) {
      sum = addSamples(sum, await sampleProjects(registry, hour, ids))
      projects += ids.length
    }
    // Without a project, the index may have been lost.
    if (projects === 0) return 0
    const sample = { ...sum, uniqueBytes: await deps.registryBytes(registry) }
    await addSample(registry, hour, sample)
    await deps.noteHours.ofRegistry(registry, hour, sample)
    return projects
  }

  return async function takeSamples(): Promise<{ projects: number }> {
    // All samples of a run are of one hour, also if it runs into the next: so a registry has those of its projects.
    const hour = hourOf(deps.now())
    let projects = 0
    for (const registry of deps.registries)
      if (await deps.isWhole(registry)) projects += await sampleRegistry(registry, hour)
    return { projects }
  }
}
