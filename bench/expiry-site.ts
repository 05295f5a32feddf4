import type { Fact, Reference } from '../src/usage/fact.ts'
import { REGISTRY } from './expiry-policy.ts'
import { digestOfName, sizeOfName } from './made-up-content.ts'
import { fraction } from './made-up-image.ts'

/** The size of a made-up site, in numbers of each. */
export interface ExpirySite {
  projects: number
  /** in each project */
  repositories: number
  /** in each repository, but for those of signatures */
  tags: number
}

/** The time at which plans are made, epoch µs. */
export const NOW = 1_795_449_746_518_381
const DAY_US = 86_400_000_000
const OCI = 'application/vnd.oci.image'
/** Of ten tags one is each of these; the last matches only the last rule. */
const KINDS = [
  'v',
  'release-',
  'pr-',
  'main-',
  'nightly-',
  'sha-',
  'feature-',
  'renovate-',
  'cache-',
  'other-',
]
/** Facts that are applied together. */
const BATCH = 50

export const projectOf = (n: number): string => `${REGISTRY}/team-${n}`

/** The facts of a site, in batches by project. In each round a batch of each project, so that all tables grow together. */
export function* expirySite({ projects, repositories, tags }: ExpirySite): Generator<{
  project: string
  facts: Fact[]
}> {
  for (let repository = 0; repository < repositories; repository++)
    for (let from = 0; from < tags; from += BATCH)
      for (let project = 0; project < projects; project++) {
        const name = `team-${project}/service-${repository}`
        const facts: Fact[] = []
        for (let n = from; n < Math.min(tags, from + BATCH); n++) facts.push(...tagOf(name, n))
        yield { project: projectOf(project), facts }
      }
}

/**
 * Tag `n` of a repository, up to 200 days old. A release is an index of two images, with a signature; all others are
 * an image. Each image has a config and a layer of its own, and two layers that ten images in a row share.
 */
function tagOf(repository: string, n: number): Fact[] {
  const name = `${repository}/${n}`
  const at = NOW - Math.floor(fraction(n) * 200) * DAY_US - n
  const tag = `${KINDS[n % KINDS.length]}${n}`
  if (n % KINDS.length > 0) return [imageOf({ repository, at, name, base: Math.floor(n / 10), tag })]
  const parts = ['amd64', 'arm64'].map((architecture) => `${name}/${architecture}`)
  const index: Fact = {
    ...{ kind: 'push', repository, at, digest: digestOfName(name), size: 800, extent: 'all', tag },
    mediaType: `${OCI}.index.v1+json`,
    references: parts.map((part) => ({ kind: 'child', digest: digestOfName(part), size: 2_400 })),
  }
  const signature = `${digestOfName(name).replace(':', '-')}.sig`
  return [
    ...parts.map((part) => imageOf({ repository, at, name: part, base: Math.floor(n / 10) })),
    index,
    imageOf({ repository, at, name: `${name}/signature`, base: -1, tag: signature }),
  ]
}

/** The push of an image. With base -1 it has no layers but its own. */
function imageOf(image: { repository: string; at: number; name: string; base: number; tag?: string }): Fact {
  const { repository, at, name, base, tag } = image
  const shared = base < 0 ? [] : [0, 1].map((i) => `${repository}/base/${base}/${i}`)
  const references = [`${name}/config`, `${name}/layer`, ...shared].map(
    (blob): Reference => ({ kind: 'blob', digest: digestOfName(blob), size: sizeOfName(blob) }),
  )
  return {
    ...{ kind: 'push', repository, at, digest: digestOfName(name), size: 2_400, references, extent: 'all' },
    ...{ mediaType: `${OCI}.manifest.v1+json`, ...(tag !== undefined && { tag }) },
  }
}
