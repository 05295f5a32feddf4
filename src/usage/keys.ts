/**
 * Redis keys of the index. All of a project's carry `{registry/path}` as their hash tag, all of a registry's
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
    outbox: `${base}outbox`,
    seen: `${base}seen`,
    seenBefore: `${base}seen-before`,
  }
}

export function registryKeys(prefix: string, registry: string) {
  const base = `${prefix}:{${registry}}:`
  return {
    /** Set of project paths. */
    paths: `${base}paths`,
    holders: `${base}holders`,
    projects: `${base}projects`,
    applied: `${base}applied`,
    exclusive: `${base}exclusive`,
  }
}

/** In the order of `scripts/project.lua`. */
export function tableKeys(prefix: string, project: string): string[] {
  const keys = projectKeys(prefix, project)
  return [keys.meta, keys.repositories, keys.manifests, keys.blobs, keys.tags, keys.tombstones]
}
