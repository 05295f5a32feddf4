/** Texts that are remembered at most; each takes LONGEST bytes. */
const SLOTS = 2 ** 16

/** Longer texts are not remembered, nor are those that are not Latin-1. */
const LONGEST = 127

/**
 * Remembers texts that were added lately. Each has one place, which is given to the next that falls to it: of those added
 * n texts ago, e^(-n / 65,536) are still known. They lie in one block outside of JavaScript's heap, 8 MiB: as objects in
 * Maps they cost each request 5 µs more, most of it in garbage collection.
 */
export function makeRecent() {
  const hashes = new Int32Array(SLOTS)
  /** A place's first byte is the text's length, 0 where there is none. */
  const texts = Buffer.alloc(SLOTS * (LONGEST + 1))
  const placeOf = (hash: number): number => (hash ^ (hash >>> 16)) & (SLOTS - 1)

  /** Where a text with this hash is, or would be. */
  const startOf = (hash: number): number => placeOf(hash) * (LONGEST + 1)
  const isAt = (start: number, hash: number, text: string): boolean =>
    hashes[placeOf(hash)] === hash &&
    texts[start] === text.length &&
    texts.toString('latin1', start + 1, start + 1 + text.length) === text

  return {
    /** Remembers a text; tells whether it was remembered already. */
    add(text: string): boolean {
      const hash = hashOf(text)
      if (hash === undefined) return false
      const start = startOf(hash)
      if (isAt(start, hash, text)) return true
      hashes[placeOf(hash)] = hash
      texts[start] = text.length
      texts.write(text, start + 1, 'latin1')
      return false
    },
    forget(text: string): void {
      const hash = hashOf(text)
      if (hash === undefined) return
      const start = startOf(hash)
      if (isAt(start, hash, text)) texts[start] = 0
    },
    clear(): void {
      texts.fill(0)
    },
  }
}

/** FNV-1a over the characters of a text that can be remembered, as a signed 32-bit number. */
function hashOf(text: string): number | undefined {
  if (text.length === 0 || text.length > LONGEST) return undefined
  let hash = 0x811c9dc5
  let bits = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    bits |= code
    hash = Math.imul(hash ^ code, 0x01000193)
  }
  return bits > 0xff ? undefined : hash | 0
}
