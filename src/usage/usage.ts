/** The usage of a project, as the API shows it. Sizes in bytes; times in epoch µs, 0 for never. */
export interface ProjectUsage {
  id: string
  uniqueBytes: number
  referencedBytes: number
  exclusiveBytes: number
  unreferencedBytes: number
  manifests: number
  tags: number
  repositories: number
  /** Manifests whose references are not known. If there are any, the sizes are too small. */
  unresolved: number
  lastPushAt: number
  lastPullAt: number
  pulls: number
  scans: number
  /** Who made the latest push; '' if it is not known. */
  lastPushedBy: string
}

/** Makes a project's usage from its meta hash, whose fields are in the header of `scripts/write-changes.lua`. */
export function usageFrom(id: string, meta: Record<string, string>, exclusiveBytes: number): ProjectUsage {
  const count = (field: string) => Number(meta[field] ?? 0)
  return {
    id,
    uniqueBytes: count('unique'),
    referencedBytes: count('referenced'),
    exclusiveBytes,
    unreferencedBytes: count('unreferenced'),
    manifests: count('manifests'),
    tags: count('tags'),
    repositories: count('repositories'),
    unresolved: count('unresolved'),
    lastPushAt: count('lastPush'),
    lastPullAt: count('lastPull'),
    pulls: count('pulls'),
    scans: count('scans'),
    lastPushedBy: meta.lastPushedBy ?? '',
  }
}
