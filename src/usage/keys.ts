/**
 * What all Redis keys of a project begin with. They carry `{registry/path}` as their hash tag, and all keys of a registry
 * carry `{registry}`, so that each script finds its keys in one slot of a Redis Cluster.
 */
export const projectBase = (prefix: string, project: string): string => `${prefix}:{${project}}:`

/** The keys of a project that are read without a script; `scripts/project.lua` has all. */
export function projectKeys(prefix: string, project: string) {
  const base = projectBase(prefix, project)
  return {
    meta: `${base}meta`,
    repositories: `${base}repositories`,
    manifests: `${base}manifests`,
    blobs: `${base}blobs`,
    outbox: `${base}outbox`,
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
