import { randomUUID } from 'node:crypto'
import type { Fact } from '../src/usage/fact.ts'
import { digestOfName, sizeOfName } from './made-up-content.ts'

/** The size of a made-up site, in numbers of each. */
export interface SiteSize {
  /** in the one large project, with `perRepository` manifests each */
  repositories: number
  perRepository: number
  /** in one repository, ten on each manifest */
  tags: number
  projects: number
  /** projects that share one layer */
  sharers: number
}

const START_AT = 1_795_449_746_518_381
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const TAGS_ON_A_MANIFEST = 10
/** Facts that are applied together. */
const BATCH = 100

/** The name of the layer that all sharers have. */
export const layerOfAll = 'layer of all'

/** A manifest with these blobs, by name. */
export function manifestOf(options: {
  repository: string
  name: string
  blobs: string[]
  tag?: string
}): Fact {
  const { repository, name, blobs, tag } = options
  return {
    ...{ kind: 'push', repository, at: START_AT, digest: digestOfName(name), size: 2_400 },
    ...{ mediaType: OCI_MANIFEST, extent: 'all' },
    references: blobs.map((blob) => ({ kind: 'blob', digest: digestOfName(blob), size: sizeOfName(blob) })),
    ...(tag !== undefined && { tag }),
  }
}

/** All facts of the site, in batches by project. */
export function* madeUpSite(site: SiteSize): Generator<Map<string, Fact[]>> {
  let batch: [string, Fact][] = []
  for (const fact of factsOf(site)) {
    batch.push(fact)
    if (batch.length < BATCH) continue
    yield byProject(batch)
    batch = []
  }
  yield byProject(batch)
}

const byProject = (facts: [string, Fact][]): Map<string, Fact[]> =>
  new Map(
    [...Map.groupBy(facts, ([project]) => project)].map(([project, all]) => [
      project,
      all.map(([, fact]) => fact),
    ]),
  )

function* factsOf(site: SiteSize): Generator<[string, Fact]> {
  for (let n = 0; n < site.perRepository; n++)
    for (let r = 0; r < site.repositories; r++) {
      const [repository, name] = [`big/app/r${r}`, `big/${r}/${n}`]
      const own = [`${name}/config`, `${name}/a`, `${name}/b`, `${name}/c`]
      const shared = Array.from({ length: 7 }, (_, i) => `base/${n % 20}/${i}`)
      yield ['ci/big/app', manifestOf({ repository, name, blobs: [...own, ...shared], tag: `v${n}` })]
      for (const blob of own)
        yield [
          'ci/big/app',
          { kind: 'link', repository, at: START_AT, digest: digestOfName(blob), size: sizeOfName(blob) },
        ]
    }
  for (let n = 0; n < site.tags; n++) {
    const name = `tags/${Math.floor(n / TAGS_ON_A_MANIFEST)}`
    yield [
      'ci/tags/app',
      manifestOf({ repository: 'tags/app', name, blobs: [`${name}/layer`], tag: `build-${n}` }),
    ]
  }
  for (let n = 0; n < site.projects; n++)
    yield [
      `five/p${n}/app`,
      manifestOf({ repository: `p${n}/app`, name: `five/${n}`, blobs: [`five/${n}/layer`], tag: 'v1' }),
    ]
  for (let n = 0; n < site.sharers; n++)
    yield [
      `wide/p${n}/app`,
      manifestOf({ repository: `p${n}/app`, name: `wide/${n}`, blobs: [layerOfAll], tag: 'v1' }),
    ]
}

/** Event `n` of the load: of 50 events 45 are pulls, 4 are uploads of blobs and one is the push of a manifest. */
export function anyEvent(n: number, site: SiteSize): string {
  const repository = `big/app/r${n % site.repositories}`
  if (n % 50 === 0) return pushEvent({ repository, name: `new/${n}`, blobs: 11 })
  const at = { repository, size: 2_400, length: 2_400 }
  if (n % 50 < 5) {
    const target = { ...at, mediaType: 'application/octet-stream', digest: digestOfName(`new/blob/${n}`) }
    return envelope('push', 'PUT', target)
  }
  const digest = digestOfName(`big/${n % site.repositories}/${n % site.perRepository}`)
  const url = `http://ci/v2/${repository}/manifests/${digest}`
  return envelope('pull', 'GET', { ...at, mediaType: OCI_MANIFEST, digest, url })
}

/** The body of a delivery with one event: the push of a manifest with this many blobs of its own. */
export function pushEvent({
  repository,
  name,
  blobs,
}: {
  repository: string
  name: string
  blobs: number
}): string {
  const references = Array.from({ length: blobs }, (_, i) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: digestOfName(`${name}/${i}`),
    size: 1_000 + i,
  }))
  const config = { ...references[0], mediaType: 'application/vnd.oci.image.config.v1+json' }
  return envelope('push', 'PUT', {
    ...{ mediaType: OCI_MANIFEST, digest: digestOfName(name), size: 2_400, length: 2_400, repository },
    ...{ url: `http://ci/v2/${repository}/manifests/${digestOfName(name)}`, tag: 'latest' },
    references: [config, ...references.slice(1)],
  })
}

function envelope(action: string, method: string, target: object): string {
  const event = {
    ...{ id: randomUUID(), timestamp: new Date().toISOString(), action, target },
    ...{ request: { method, useragent: 'docker/27' }, source: { instanceID: 'bench' } },
  }
  return JSON.stringify({ events: [event] })
}
