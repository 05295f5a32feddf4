/** Bytes of bodies that may be in memory at once: of all registries together, and of each. */
export interface RoomLimits {
  all: number
  each: number
}

/** The least room, in bytes, however small `server.bodyLimit` is. */
const LEAST = { all: 64 * 2 ** 20, each: 16 * 2 ** 20 }

/**
 * The room for bodies of at most `bodyLimit` bytes. Two of the largest fit for each registry, and smaller ones still fit
 * beside them; a registry has one request in flight for each of its processes. Eight registries that fill their room leave
 * none to others.
 */
export const roomFor = (bodyLimit: number): RoomLimits => ({
  all: Math.max(20 * bodyLimit, LEAST.all),
  each: Math.max(2.5 * bodyLimit, LEAST.each),
})

/** Room in memory, in bytes, that registries share. None can take it from the others. */
export function makeRoom({ all, each }: RoomLimits) {
  const taken = new Map<string, number>()
  let total = 0
  return {
    /** Takes room if there is enough: gives a function that gives it back, once, or `undefined`. */
    take(registry: string, bytes: number): (() => void) | undefined {
      const own = taken.get(registry) ?? 0
      if (own + bytes > each || total + bytes > all) return undefined
      taken.set(registry, own + bytes)
      total += bytes
      let isBack = false
      return () => {
        if (isBack) return
        isBack = true
        taken.set(registry, (taken.get(registry) ?? 0) - bytes)
        total -= bytes
      }
    },
  }
}
