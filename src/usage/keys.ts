/**
 * Redis keys of the index. All keys of a project carry `{registry/path}` as their hash tag, all keys of a registry
 * `{registry}`, so that each script finds its keys in one slot of a Redis Cluster.
 */
export function projectKeys(prefix: string, project: string) {
  const base = `${prefix}:{${project}}:`
  return {
    meta: `${base}meta`,
    repositories: `${base}repositories`,
    manifests: `${base}manifests`,
    blobs: `${base}blobs`,
    tags: `${base}tags`,
    tombstones: `${base}tombstones`,
    claims: `${base}claims`,
    outbox: `${base}outbox`,
    eventIds: `${base}seen`,
    olderEventIds: `${base}seen-before`,
  }
}

export function registryKeys(prefix: string, registry: string) {
  const base = `${prefix}:{${registry}}:`
  return {
    /** Set of project paths. */
    paths: `${base}paths`,
    // What these hold is in the header of `scripts/update-holders.lua`.
    holders: `${base}holders`,
    projects: `${base}projects`,
    applied: `${base}applied`,
    exclusive: `${base}exclusive`,
  }
}

/** The layout of a project's records; `scripts/project.lua` has it, too. */
export const LAYOUT = '2'

/** A project's keys in the order that `scripts/project.lua` takes them. */
export function recordKeys(prefix: string, project: string): string[] {
  const keys = projectKeys(prefix, project)
  return [keys.meta, keys.repositories, keys.manifests, keys.blobs, keys.tags, keys.tombstones, keys.claims]
}

/** A project's keys in the order that `scripts/apply.lua` takes them. */
export function writeKeys(prefix: string, project: string): string[] {
  const { outbox, eventIds, olderEventIds } = projectKeys(prefix, project)
  return [...recordKeys(prefix, project), outbox, eventIds, olderEventIds]
}
