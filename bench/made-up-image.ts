/** An image of a made-up registry; contents go by names, equal names being equal contents. */
export interface MadeUpImage {
  project: string
  repository: string
  tag: string
  manifest: string
  config: string
  layers: string[]
}

/** What a made-up registry holds: its images are spread evenly over the projects, and over their repositories. */
export interface Shape {
  projects: number
  /** in each project */
  repositories: number
  /** How many images of a repository follow each other on one base, before it gets another. */
  onOneBase: number
}

/**
 * Image `n`: ten layers and a config, three of the layers and the config its own. Four layers are those of one of 200
 * base images that the whole registry builds on, the low numbers more often; three are those of one of eight bases that
 * its project builds for itself. The tag is as CI makes them: a branch and a commit.
 */
export function madeUpImage(n: number, { projects, repositories, onOneBase }: Shape): MadeUpImage {
  const project = n % projects
  const inProject = Math.floor(n / projects)
  const repository = inProject % repositories
  const period = Math.floor(inProject / repositories / onOneBase)
  const base = Math.floor(200 * fraction((project * repositories + repository) * 1000 + period) ** 2)
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, i) => `${prefix}/${i}`)
  return {
    project: `team-${project}`,
    repository: `team-${project}/service-${repository}`,
    tag: `main-${mix(n).toString(16).padStart(8, '0')}`,
    manifest: `manifest/${n}`,
    config: `config/${n}`,
    layers: [
      ...names(`base/${base}`, 4),
      ...names(`team/${project}/${period % 8}`, 3),
      ...names(`image/${n}`, 3),
    ],
  }
}

/** A number that looks random and depends on `n` alone, of 32 bits (the finisher of MurmurHash3). */
export function mix(n: number): number {
  let x = n + 0x9e3779b9
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** The same, from 0 up to 1. */
export const fraction = (n: number): number => mix(n) / 2 ** 32
