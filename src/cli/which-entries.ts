import type { Call } from './command.ts'
import { CommandError } from './command-error.ts'

/** The arguments and flags by which a command takes events in quarantine. */
export const WHICH = { args: ['[ID]'], flags: ['registry=NAME', 'reason=TEXT', 'all'] } as const

/**
 * Which events in quarantine are meant: one by its id, those that a filter passes, or all where that is said.
 * @throws CommandError unless exactly one of these is said.
 */
export function whichEntries({
  args,
  flags,
}: Pick<Call, 'args' | 'flags'>): { id: string } | { body: object } {
  const [id] = args
  const filter = filterFrom(flags)
  const isFilter = Object.keys(filter).length > 0
  const isAll = flags.has('all')
  if ([id !== undefined, isFilter, isAll].filter(Boolean).length !== 1)
    throw new CommandError('expected one of: ID, a filter (--registry NAME, --reason TEXT or both), --all', 2)
  return id === undefined ? { body: isAll ? { all: true } : filter } : { id }
}

/** `--registry` and `--reason`, as far as given. */
export const filterFrom = (flags: Call['flags']): Record<string, string> =>
  Object.fromEntries([...flags].filter(([name]) => name === 'registry' || name === 'reason'))
