/** A push of a manifest that the project did not have before, and still has. Sizes in bytes. */
export interface Push {
  /** The manifest's `digestKey`. */
  key: string
  /** When Tallyman heard of it, epoch ms. */
  at: number
  repository: string
  digest: string
  /** '' if it was pushed by its digest. */
  tag: string
  /** '' if it is not known. */
  by: string
  ownBytes: number
  /** The keys of its config and layers. */
  blobs: ReadonlySet<string>
  /** The keys of the manifests that it lists. */
  children: readonly string[]
}

/** A blob as the project has it. `claims`: how many of the project's manifests reference it. */
export interface Blob {
  claims: number
  bytes: number
}

export interface Added {
  push: Push
  bytes: number
}

/**
 * How many unique bytes are in the project only since each push, those that added most first. A blob counts if no manifest
 * references it but pushed ones; of several, the first push added it. What an index lists counts for the push of the index.
 * `pushes`: the oldest first, each manifest once.
 */
export function addedBy(pushes: readonly Push[], blobs: ReadonlyMap<string, Blob>): Added[] {
  const claims = new Map<string, number>()
  for (const push of pushes) for (const key of push.blobs) claims.set(key, (claims.get(key) ?? 0) + 1)

  const added = new Map<string, number>()
  const rootOf = makeRootOf(pushes)
  const counted = new Set<string>()
  for (const push of pushes) {
    const root = rootOf(push.key)
    let bytes = push.ownBytes
    for (const key of push.blobs) {
      const blob = blobs.get(key)
      if (blob === undefined || counted.has(key) || blob.claims > (claims.get(key) ?? 0)) continue
      counted.add(key)
      bytes += blob.bytes
    }
    added.set(root, (added.get(root) ?? 0) + bytes)
  }
  return pushes
    .flatMap((push) => {
      const bytes = added.get(push.key)
      return bytes === undefined ? [] : [{ push, bytes }]
    })
    .toSorted((a, b) => b.bytes - a.bytes)
}

/** Gives the key of the push that a push is a part of: the index that lists it, or itself. */
function makeRootOf(pushes: readonly Push[]) {
  const parents = new Map<string, string>()
  for (const { key, children } of pushes)
    for (const child of children) if (!parents.has(child)) parents.set(child, key)
  return (key: string): string => {
    // An index lists what was there before it, so there is no circle. A registry may say otherwise.
    const seen = new Set<string>()
    let root = key
    for (
      let parent = parents.get(root);
      parent !== undefined && !seen.has(parent);
      parent = parents.get(root)
    ) {
      seen.add(root)
      root = parent
    }
    return root
  }
}
