import type { Makers } from './makers.ts'

const FULL = 'When the limit is most likely passed, by the forecast. Absent if that is not in sight.'

/** What projects, groups and registries hold, and their quotas. */
export const usageMetrics = ({ shared }: Makers) => {
  const project = <L extends string = never>(name: string, help: string, more: readonly L[] = []) =>
    shared(`project_${name}`, ['registry', 'project', ...more], help)
  return {
    projectUniqueBytes: project(
      'unique_bytes',
      'Bytes that a project holds, each blob once. One of the largest projects, or (others).',
    ),
    projectExclusiveBytes: project('exclusive_bytes', 'Bytes that no other project of the registry holds.'),
    projectReferencedBytes: project(
      'referenced_bytes',
      'Bytes as images reference them: a blob once for each image.',
    ),
    projectUnreferencedBytes: project('unreferenced_bytes', 'Bytes of blobs that no image references.'),
    projectUsedBytes: project(
      'used_bytes',
      'Bytes that count against the limit, by the measure of the quota. Absent without a limit, and with the measure tagged.',
    ),
    projectLimitBytes: project('limit_bytes', 'The limit of the quota of a project. Absent if it has none.'),
    projectFlag: project('flag', '1 for the flag that a project has, 0 for the others.', ['flag']),
    projectFull: project('full_timestamp_seconds', FULL),
    projects: shared('projects', ['registry', 'flag'], 'All projects of a registry, by flag.'),
    groupUsedBytes: shared('group_used_bytes', ['group'], 'Bytes that count against the limit of a group.'),
    groupLimitBytes: shared(
      'group_limit_bytes',
      ['group'],
      'The limit of the quota of a group. Absent if it has none.',
    ),
    groupFlag: shared('group_flag', ['group', 'flag'], '1 for the flag that a group has, 0 for the others.'),
    groupFull: shared('group_full_timestamp_seconds', ['group'], FULL),
    registryUsedBytes: shared(
      'registry_used_bytes',
      ['registry'],
      'Bytes that count against the limit of a registry. Absent without a quota, and if they are not known yet.',
    ),
    registryLimitBytes: shared(
      'registry_limit_bytes',
      ['registry'],
      'The limit of the quota of a registry. Absent if it has none.',
    ),
    registryFlag: shared(
      'registry_flag',
      ['registry', 'flag'],
      '1 for the flag that a registry with a quota has, 0 for the others.',
    ),
    registryFull: shared('registry_full_timestamp_seconds', ['registry'], FULL),
  }
}
