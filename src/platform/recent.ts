/** Texts that are remembered at most: so many groups of so many, of LONGEST bytes each. */
const [GROUPS, WAYS] = [2 ** 13, 8]

/** Longer texts are not remembered, nor are those that are not Latin-1. */
const LONGEST = 127

/**
 * Remembers texts that were added lately. Each belongs to one of 8,192 groups, and a group knows its last eight: of those
 * added 10,000 texts ago one in 20,000 is forgotten, 20,000 texts ago one in 200. They lie in one block outside of
 * JavaScript's heap, 8 MiB: as objects in Maps they cost each request 5 µs more, most of it in garbage collection.
 */
export function makeRecent() {
  /** By place, of which each group has WAYS. */
  const hashes = new Int32Array(GROUPS * WAYS)
  /** A place's first byte is its text's length, 0 where there is none. */
  const texts = Buffer.alloc(GROUPS * WAYS * (LONGEST + 1))
  /** By group: which of its places is the oldest. */
  const oldest = new Uint8Array(GROUPS)
  const groupOf = (hash: number): number => (hash ^ (hash >>> 16)) & (GROUPS - 1)

  function find(text: string, hash: number): number | undefined {
    const first = groupOf(hash) * WAYS
    for (let place = first; place < first + WAYS; place++) {
      if (hashes[place] !== hash) continue
      const start = place * (LONGEST + 1)
      const length = texts[start]
      if (length === text.length && texts.toString('latin1', start + 1, start + 1 + length) === text)
        return place
    }
    return undefined
  }

  return {
    /** Remembers a text; tells whether it was remembered already. */
    add(text: string): boolean {
      const hash = hashOf(text)
      if (hash === undefined) return false
      if (find(text, hash) !== undefined) return true
      const group = groupOf(hash)
      const way = oldest[group] ?? 0
      oldest[group] = (way + 1) % WAYS
      const place = group * WAYS + way
      hashes[place] = hash
      texts[place * (LONGEST + 1)] = text.length
      texts.write(text, place * (LONGEST + 1) + 1, 'latin1')
      return false
    },
    forget(text: string): void {
      const hash = hashOf(text)
      const place = hash === undefined ? undefined : find(text, hash)
      if (place !== undefined) texts[place * (LONGEST + 1)] = 0
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
