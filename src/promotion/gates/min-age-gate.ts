import { formatDuration } from '../../platform/units.ts'
import type { Gate } from './gate.ts'

/** Opens when an image was pushed `age` ms ago. `now` is epoch µs. */
export function makeMinAgeGate({ age }: { age: number }, now: () => number): Gate {
  const name = `minAge ${formatDuration(age)}`
  return {
    name,
    async check({ pushedAt }) {
      const opensAt = Math.ceil(pushedAt / 1000) + age
      const pushed = new Date(pushedAt / 1000).toISOString()
      return now() / 1000 >= opensAt
        ? { gate: name, state: 'open', why: `it was pushed at ${pushed}`, evidence: { pushedAt: pushed } }
        : {
            ...{ gate: name, state: 'waiting', again: opensAt },
            why: `it was pushed at ${pushed}: until ${new Date(opensAt).toISOString()}`,
          }
    },
  }
}
