import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Snooze, type Snoozes } from '../alerts/snoozes.ts'
import type { KeptIds } from '../ci/kept-ids.ts'
import type { Instances } from '../events/instances.ts'
import { QuotaOverride } from '../queue/alert.ts'
import { QuotaKind } from '../queue/quota-subject.ts'
import type { Flags, KeptFlag } from '../quota/flags.ts'
import type { Overrides } from '../quota/overrides.ts'
import { splitProjectId } from '../usage/project.ts'

const OrNull = Type.Union([Type.String(), Type.Null()])

/** What is kept of a flag (quota/flags.ts). Fields that are not here come along. */
const FlagEntry = Type.Object({
  state: Type.Object({
    flag: Type.Enum(['ok', 'warning', 'over']),
    ...{ since: OrNull, toldAt: OrNull, pastSince: OrNull },
    ...{ change: Type.Integer(), mark: Type.Union([Type.Number(), Type.Null()]) },
    ...{ isEscalated: Type.Boolean(), quota: Type.String() },
  }),
})

/**
 * What a person has set for a project at run time, what people were told of quotas, which id a project of CI jobs had first, and
 * the instances of registries that were heard, which have not restarted since. Only Redis has it: nothing else can tell it again.
 */
const SettingLine = Type.Union([
  Type.Object({ setting: Type.Literal('override'), project: Type.String(), override: QuotaOverride }),
  Type.Object({ setting: Type.Literal('snooze'), project: Type.String(), snooze: Snooze }),
  Type.Object({ setting: Type.Literal('flag'), kind: QuotaKind, id: Type.String(), entry: FlagEntry }),
  Type.Object({ setting: Type.Literal('ci-project'), project: Type.String(), id: Type.String() }),
  Type.Object({
    ...{ setting: Type.Literal('instance'), registry: Type.String(), id: Type.String({ minLength: 1 }) },
    /** The time of its newest event, epoch µs. */
    at: Type.Integer({ minimum: 0 }),
  }),
])
export type SettingLine = Static<typeof SettingLine>
export const settingLine = Compile(SettingLine)

export interface Settings {
  overrides: Pick<Overrides, 'all' | 'restore'>
  snoozes: Pick<Snoozes, 'list' | 'restore'>
  flags: Pick<Flags, 'kept' | 'restore'>
  ciProjects: Pick<KeptIds, 'all' | 'restore'>
  instances: Pick<Instances, 'known' | 'remember'>
}

/** The settings in force, as lines of a snapshot. */
export async function* settingLines(
  { overrides, snoozes, flags, ciProjects, instances }: Settings,
  registries: readonly string[],
): AsyncGenerator<SettingLine> {
  for (const [project, override] of await overrides.all()) yield { setting: 'override', project, override }
  for (const snooze of await snoozes.list()) yield { setting: 'snooze', project: snooze.project, snooze }
  for (const flag of await flags.kept()) yield { setting: 'flag', ...flag }
  for (const [project, id] of await ciProjects.all()) yield { setting: 'ci-project', project, id }
  for (const registry of registries)
    for (const [id, at] of await instances.known(registry)) yield { setting: 'instance', registry, id, at }
}

/**
 * Puts a setting in force again, unless it has ended, its registry is not one of these, or there is another one since. May be
 * repeated. People are told nothing.
 */
export async function restoreSetting(
  line: SettingLine,
  { overrides, snoozes, flags, ciProjects, instances }: Settings,
  registries: readonly string[],
): Promise<void> {
  if (line.setting === 'ci-project') return ciProjects.restore(line.project, line.id)
  const registry = registryOf(line)
  if (registry !== undefined && !registries.includes(registry)) return
  if (line.setting === 'override') await overrides.restore(line.project, line.override)
  else if (line.setting === 'snooze') await snoozes.restore(line.snooze)
  else if (line.setting === 'instance') await instances.remember(line.registry, line.id, line.at)
  else await flags.restore(line as KeptFlag)
}

/** `undefined` for a group, which may have projects of several registries. */
function registryOf(line: Exclude<SettingLine, { setting: 'ci-project' }>): string | undefined {
  if (line.setting === 'instance') return line.registry
  if (line.setting !== 'flag') return splitProjectId(line.project).registry
  if (line.kind === 'group') return undefined
  return line.kind === 'registry' ? line.id : splitProjectId(line.id).registry
}
