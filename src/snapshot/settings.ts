import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Snooze, type Snoozes } from '../alerts/snoozes.ts'
import { QuotaOverride } from '../queue/alert.ts'
import type { Overrides } from '../quota/overrides.ts'
import { splitProjectId } from '../usage/project.ts'

/** What a person has set for a project at run time. Only Redis has it: no registry and no file can tell it again. */
const SettingLine = Type.Union([
  Type.Object({ setting: Type.Literal('override'), project: Type.String(), override: QuotaOverride }),
  Type.Object({ setting: Type.Literal('snooze'), project: Type.String(), snooze: Snooze }),
])
export type SettingLine = Static<typeof SettingLine>
export const settingLine = Compile(SettingLine)

export interface Settings {
  overrides: Pick<Overrides, 'all' | 'restore'>
  snoozes: Pick<Snoozes, 'list' | 'restore'>
}

/** The settings in force, as lines of a snapshot. */
export async function* settingLines({ overrides, snoozes }: Settings): AsyncGenerator<SettingLine> {
  for (const [project, override] of await overrides.all()) yield { setting: 'override', project, override }
  for (const snooze of await snoozes.list()) yield { setting: 'snooze', project: snooze.project, snooze }
}

/**
 * Puts a setting in force again, unless it has ended, its registry is not one of these, or a person has set another one since.
 * May be repeated.
 */
export async function restoreSetting(
  line: SettingLine,
  { overrides, snoozes }: Settings,
  registries: readonly string[],
): Promise<void> {
  if (!registries.includes(splitProjectId(line.project).registry)) return
  if (line.setting === 'override') await overrides.restore(line.project, line.override)
  else await snoozes.restore(line.snooze)
}
