import type { Flag } from '../../queue/alert.ts'
import type { Gate } from './gate.ts'

/** Opens while the flag of the project is `ok`, or `warning` if that is allowed. */
export function makeFlagGate(
  { allow }: { allow: 'ok' | 'warning' },
  deps: { flagOf: (project: string) => Promise<Flag> },
): Gate {
  const name = 'flag'
  const allowed: Flag[] = allow === 'warning' ? ['ok', 'warning'] : ['ok']
  return {
    name,
    async check({ project }) {
      const flag = await deps.flagOf(project)
      const why = `the flag of ${project} is ${flag}`
      return allowed.includes(flag)
        ? { gate: name, state: 'open', why, evidence: { flag } }
        : { gate: name, state: 'waiting', why }
    },
  }
}
