import { printable } from '../../platform/printable.ts'
import { RegistryError } from '../../registry/registry-error.ts'
import { NO_ANSWER_MS, waitAsAsked } from './ask-again.ts'
import type { Gate, GateResult, GateSubject } from './gate.ts'

/** From the strongest to the weakest. */
const STATES: GateResult['state'][] = ['closed', 'waiting', 'open']

/** What all gates say of an image: closed if one is closed, else waiting if one waits. Without gates, it is open. */
export interface GatesResult {
  state: GateResult['state']
  /** In the order of the gates. */
  results: GateResult[]
}

/**
 * Asks all gates at once. A gate whose registry cannot be asked waits. `now` is epoch µs.
 * @throws what else a gate throws
 */
export async function checkGates(
  gates: readonly Gate[],
  subject: GateSubject,
  now: () => number,
): Promise<GatesResult> {
  const results = await Promise.all(gates.map((gate) => resultOf(gate, subject, now)))
  const state = STATES.find((one) => results.some((result) => result.state === one)) ?? 'open'
  return { state, results }
}

async function resultOf(gate: Gate, subject: GateSubject, now: () => number): Promise<GateResult> {
  try {
    return await gate.check(subject)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    const wait = waitAsAsked(error.retryAfter, NO_ANSWER_MS)
    return {
      ...{ gate: gate.name, state: 'waiting', why: printable(error.message) },
      again: Math.ceil(now() / 1000) + wait,
    }
  }
}
