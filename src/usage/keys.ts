/**
 * What all Redis keys of a project begin with. They carry `{registry/path}` as their hash tag, and all keys of a registry
 * carry `{registry}`, so that each script finds its keys in one slot of a Redis Cluster.
 */
export const projectBase = (prefix: string, project: string): string => `${prefix}:{${project}}:`

/**
 * The keys that a script of a project declares: its base, which never exists, and `meta`. The script finds the others itself.
 * While a Redis Cluster moves a slot to another node, some of its keys are on each of the two. A call with several declared
 * keys, one of which does not exist, is then answered TRYAGAIN on both nodes, and ioredis sends it again. (Redis Cluster
 * specification, "Multiple keys operations")
 */
export const scriptKeys = (prefix: string, project: string): string[] => {
  const base = projectBase(prefix, project)
  return [base, `${base}meta`]
}

/** The keys that a script of a table declares. `base` is that of the project or the registry. */
export const tableKeys = (base: string, name: string): string[] => [`${base}${name}`, base]

/** The keys of a project that are read without a script; `scripts/project.lua` has all. */
export function projectKeys(prefix: string, project: string) {
  const base = projectBase(prefix, project)
  return {
    meta: `${base}meta`,
    repositories: `${base}repositories`,
    manifests: `${base}manifests`,
    outbox: `${base}outbox`,
  }
}

export function registryKeys(prefix: string, registry: string) {
  const base = `${prefix}:{${registry}}:`
  return {
    /** Never exists; scripts declare it, as those of a project do. */
    base,
    /** Set of project paths. */
    paths: `${base}paths`,
    // What these hold is in the header of `scripts/update-holders.lua`.
    holders: `${base}holders`,
    projects: `${base}projects`,
    applied: `${base}applied`,
    exclusive: `${base}exclusive`,
  }
}
