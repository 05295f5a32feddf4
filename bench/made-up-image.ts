/** An image of a made-up registry. Contents have names; the same name is the same content. */
export interface MadeUpImage {
  project: string
  repository: string
  tag: string
  manifest: string
  config: string
  layers: string[]
}

/** The shape of a made-up registry. Images are spread evenly over projects, and over each project's repositories. */
export interface Shape {
  projects: number
  /** in each project */
  repositories: number
  /** How many images of a repository in a row have the same base. */
  imagesPerBase: number
}

/**
 * Image `n`: a config and ten layers. The config and three layers are its own. Four layers come from one of 200 base
 * images of the whole registry, more often from a low number. Three come from one of eight base images of its
 * project. The tag is a branch and a commit, as CI makes them.
 */
export function madeUpImage(n: number, { projects, repositories, imagesPerBase }: Shape): MadeUpImage {
  const project = n % projects
  const inProject = Math.floor(n / projects)
  const repository = inProject % repositories
  const period = Math.floor(inProject / repositories / imagesPerBase)
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

/** A number of 32 bits that looks random and depends on `n` alone (the finisher of MurmurHash3). */
export function mix(n: number): number {
  let x = n + 0x9e3779b9
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

/** The same as a fraction: at least 0, less than 1. */
export const fraction = (n: number): number => mix(n) / 2 ** 32
