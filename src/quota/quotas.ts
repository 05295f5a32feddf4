import { makeGlob } from '../platform/glob.ts'
import type { QuotaSubject } from '../queue/quota-subject.ts'
import { splitProjectId } from '../usage/project.ts'
import type { ConfiguredQuota, GroupQuota, ProjectQuota, Quota, RegistryQuota } from './quota.ts'
import { compareSpecificity } from './specificity.ts'

export const groupSubject = ({ group }: Pick<GroupQuota, 'group'>): QuotaSubject => ({
  kind: 'group',
  id: group,
})

/** The quotas of the configuration. */
export interface Quotas {
  /** The quota of a subject: of a project that of the most specific glob, and of several such the first. */
  of(subject: QuotaSubject): Quota | undefined
  /** The groups that a project counts in. */
  groupsOf(project: string): GroupQuota[]
  /** The registry of a project, if that has a quota. */
  registriesOf(project: string): QuotaSubject[]
  readonly groups: readonly GroupQuota[]
  /** All groups and registries with a quota. */
  readonly sums: readonly QuotaSubject[]
  /** Whether the registry of a project is configured. Projects of others have no quota, and count in no group. */
  knows(project: string): boolean
  /** The names of the registries that are configured. */
  readonly registries: readonly string[]
  readonly configured: readonly ConfiguredQuota[]
}

export function makeQuotas(configured: readonly ConfiguredQuota[], registries: readonly string[]): Quotas {
  // The sort is stable.
  const projects = configured
    .filter((quota): quota is ProjectQuota => 'project' in quota)
    .toSorted((a, b) => compareSpecificity(a.project, b.project))
    .map((quota) => ({ quota, matches: makeGlob(quota.project) }))
  const groups = configured
    .filter((quota): quota is GroupQuota => 'group' in quota)
    .map((quota) => ({ quota, globs: quota.projects.map(makeGlob) }))
  const ofRegistries = configured.filter((quota): quota is RegistryQuota => 'registry' in quota)

  const knows = (project: string): boolean => registries.includes(splitProjectId(project).registry)
  const groupsOf = (project: string): GroupQuota[] =>
    groups
      .filter(({ globs }) => knows(project) && globs.some((matches) => matches(project)))
      .map(({ quota }) => quota)
  const registrySubject = ({ registry }: RegistryQuota): QuotaSubject => ({ kind: 'registry', id: registry })

  return {
    of({ kind, id }) {
      if (kind === 'group') return groups.find(({ quota }) => quota.group === id)?.quota
      if (kind === 'registry') return ofRegistries.find(({ registry }) => registry === id)
      return knows(id) ? projects.find(({ matches }) => matches(id))?.quota : undefined
    },
    groupsOf,
    registriesOf(project) {
      const { registry } = splitProjectId(project)
      return ofRegistries.filter((quota) => quota.registry === registry).map(registrySubject)
    },
    groups: groups.map(({ quota }) => quota),
    sums: [...groups.map(({ quota }) => groupSubject(quota)), ...ofRegistries.map(registrySubject)],
    ...{ knows, registries, configured },
  }
}
