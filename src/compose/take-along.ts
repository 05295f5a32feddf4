import type { Snoozes } from '../alerts/snoozes.ts'
import type { Histories } from '../history/histories.ts'
import type { Flags } from '../quota/flags.ts'
import type { Overrides } from '../quota/overrides.ts'

/**
 * Makes what gives a project what is kept under another name: history, override, snooze and flag. What the project has stays. A
 * repeated call changes nothing.
 */
export const makeTakeAlong =
  (deps: {
    histories: Pick<Histories, 'inherit'>
    overrides: Pick<Overrides, 'move'>
    snoozes: Pick<Snoozes, 'move'>
    flags: Pick<Flags, 'move'>
  }) =>
  async (from: string, to: string): Promise<void> => {
    await deps.histories.inherit(from, to)
    await deps.overrides.move(from, to)
    await deps.snoozes.move(from, to)
    await deps.flags.move(from, to)
  }
