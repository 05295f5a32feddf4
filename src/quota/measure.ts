import type { QuotaSubject } from '../queue/quota-subject.ts'
import type { ProjectUsage } from '../usage/usage.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Measured } from './evaluate.ts'
import type { GroupMembers } from './group-members.ts'
import type { GroupQuota, Measure, Quota } from './quota.ts'
import type { Quotas } from './quotas.ts'

/** What was measured, and what an alert tells about the subject. */
export interface Measurement extends Measured {
  /** Who pushed to a project last. */
  lastPushedBy?: string
  /** The ids of the largest projects of a group. */
  projects?: string[]
}

/** The bytes of a project that the index counts. */
const BYTES: Record<Exclude<Measure, 'tagged' | 'stored'>, (usage: ProjectUsage) => number> = {
  unique: ({ uniqueBytes }) => uniqueBytes,
  exclusive: ({ exclusiveBytes }) => exclusiveBytes,
  referenced: ({ referencedBytes }) => referencedBytes,
}

const isGroup = (quota: Quota): quota is GroupQuota => 'group' in quota

/** Makes what measures a subject. `undefined`: it is not known how much there is. */
export function makeMeasure(deps: {
  index: Pick<UsageIndex, 'usage' | 'registryBytes'>
  members: Pick<GroupMembers, 'note' | 'sum'>
  quotas: () => Quotas
  /** The bytes that only tagged manifests of a project reference, each content once. */
  taggedBytes: (project: string) => Promise<number>
  /** The bytes that a registry's storage held at its last reconcile. */
  storedBytes: (registry: string) => Promise<number | undefined>
}) {
  const { index } = deps

  /** The usage of a project, and its bytes by each measure, each read once. */
  async function reading(project: string) {
    const usage = await index.usage(project)
    const known = new Map<Measure, Promise<number>>()
    const bytesBy = (measure: Measure): Promise<number> => {
      const bytes = known.get(measure) ?? bytesOf(project, usage, measure)
      known.set(measure, bytes)
      return bytes
    }
    return { usage, bytesBy }
  }
  type Reading = Awaited<ReturnType<typeof reading>>

  async function ofProject({ usage, bytesBy }: Reading, quota: Quota | undefined): Promise<Measurement> {
    const { tags = 0, manifests = 0, lastPushedBy } = usage ?? {}
    const bytes = quota === undefined ? 0 : await bytesBy(quota.measure)
    return { bytes, tags, manifests, ...(lastPushedBy && { lastPushedBy }) }
  }

  async function bytesOf(
    project: string,
    usage: ProjectUsage | undefined,
    measure: Measure,
  ): Promise<number> {
    if (usage === undefined || measure === 'stored') return 0
    return measure === 'tagged' ? deps.taggedBytes(project) : BYTES[measure](usage)
  }

  async function measure(
    { kind, id }: QuotaSubject,
    quota: Quota | undefined,
  ): Promise<Measurement | undefined> {
    if (kind === 'project') return ofProject(await reading(id), quota)
    if (quota === undefined) return { bytes: 0, tags: 0, manifests: 0 }
    if (isGroup(quota)) return deps.members.sum(quota)
    const bytes = quota.measure === 'stored' ? await deps.storedBytes(id) : await index.registryBytes(id)
    return bytes === undefined ? undefined : { bytes, tags: 0, manifests: 0 }
  }

  /** Also tells the groups of a project what it holds. */
  async function measureAndNote(subject: QuotaSubject, quota: Quota | undefined) {
    if (subject.kind !== 'project') return measure(subject, quota)
    const read = await reading(subject.id)
    for (const group of deps.quotas().groupsOf(subject.id))
      await deps.members.note(group, subject.id, await ofProject(read, group))
    return ofProject(read, quota)
  }

  return { measure, measureAndNote }
}
export type MeasureSubject = ReturnType<typeof makeMeasure>['measure']
