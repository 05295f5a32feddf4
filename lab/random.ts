/** Random numbers that can be repeated: the same seed gives the same numbers. */
export interface Random {
  /** A whole number from 0, less than `below`. */
  int(below: number): number
  isOneIn(n: number): boolean
  /** @throws if `items` is empty */
  of<T>(items: readonly T[]): T
  bytes(length: number): Buffer
}

/** Mulberry32. Its 32 bits of state are enough to choose among test cases. */
export function makeRandom(seed: number): Random {
  let state = seed
  const draw = () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
  const int = (below: number) => Math.floor(draw() * below)
  return {
    int,
    isOneIn: (n) => int(n) === 0,
    of(items) {
      const at = int(items.length)
      for (const item of items.slice(at, at + 1)) return item
      throw new Error('nothing to choose from')
    },
    bytes: (length) => Buffer.from(Array.from({ length }, () => int(256))),
  }
}
