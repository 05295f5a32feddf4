import { encodeFacts } from './encode-facts.ts'
import type { Fact } from './fact.ts'

export type FactQueue = ReturnType<typeof makeFactQueue>

/** Facts of a project that are encoded once and applied part by part. */
export function makeFactQueue(facts: readonly Fact[]) {
  const { bytes, ends, work } = encodeFacts(facts)
  let first = 0
  const startOf = (n: number) => (n === 0 ? 0 : (ends[n - 1] ?? 0))
  return {
    /** The encoded facts that come first, as many as fit `room`, at least one; and how much work they are. */
    peek(room: number): { facts: Buffer; work: number } {
      let [end, sum] = [first, 0]
      while (end < facts.length && (end === first || sum < room)) sum += work[end++] ?? 0
      return { facts: bytes.subarray(startOf(first), startOf(end)), work: sum }
    },
    /** The nth of the facts that are left. */
    at: (n: number): Fact | undefined => facts[first + n],
    /** Drops so many facts. Gives whether none is left. */
    drop(count: number): boolean {
      first += count
      return first >= facts.length
    },
  }
}
