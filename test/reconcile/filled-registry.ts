import {
  digestOf,
  type LabImage,
  makeBuildKitCache,
  makeImage,
  makeIndex,
  OCI_INDEX,
  OCI_MANIFEST,
  seededBytes,
} from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import type { RepositoryReading } from '../../src/reconcile/reading.ts'
import type { RegistryClient } from '../../src/registry/client.ts'
import { DOCKER_LAYER, DOCKER_MANIFEST } from '../../src/registry/manifest.ts'

/** What a repository holds, without times. Manifests and links are in the order of digests, tags in that of names. */
export interface Contents {
  manifests: { digest: string; size: number; mediaType: string; references: string[] }[]
  tags: { tag: string; digest: string }[]
  /** Every blob that was uploaded or mounted into the repository. */
  links: { digest: string; size: number }[]
}

const CONFIG = 'application/vnd.oci.image.config.v1+json'
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip'
const by =
  <K extends string>(key: K) =>
  (a: Record<K, string>, b: Record<K, string>) =>
    a[key] < b[key] ? -1 : 1

export const image = (seed: string): LabImage =>
  makeImage({ layers: ['base', seed].map((name) => ({ seed: name, bytes: 2000 })), label: seed })

/** An image with the manifest `body`, which needs these blobs. */
function imageOf(body: object, mediaType: string, blobs: Buffer[]): LabImage {
  const bytes = Buffer.from(JSON.stringify(body))
  const root = { mediaType, digest: digestOf(bytes), size: bytes.length }
  return {
    root,
    manifests: new Map([[root.digest, { bytes, mediaType }]]),
    blobs: new Map(blobs.map((blob) => [digestOf(blob), blob])),
  }
}

const descriptorOf = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})

/** Fills a repository and records what it holds. */
function makeRepository(client: RegistryClient, repository: string) {
  const manifests = new Map<string, Contents['manifests'][number]>()
  const tags = new Map<string, string>()
  const links = new Map<string, number>()
  return {
    async push(tag: string | undefined, content: LabImage) {
      await pushImage(client, repository, tag ?? content.root.digest, content)
      for (const [digest, { length }] of content.blobs) links.set(digest, length)
      for (const [digest, { bytes, mediaType }] of content.manifests)
        manifests.set(digest, {
          digest,
          size: bytes.length,
          mediaType,
          references: referencesIn(bytes, links),
        })
      if (tag !== undefined) tags.set(tag, content.root.digest)
    },
    async upload(bytes: Buffer) {
      links.set(await upload(client, repository, bytes), bytes.length)
    },
    async mount(bytes: Buffer, from: string) {
      const { mounted } = await client.mountBlob(repository, digestOf(bytes), from)
      if (!mounted) throw new Error('not mounted')
      links.set(digestOf(bytes), bytes.length)
    },
    async remove({ root }: LabImage) {
      await client.deleteManifest(repository, root.digest)
      manifests.delete(root.digest)
      for (const [tag, digest] of tags) if (digest === root.digest) tags.delete(tag)
    },
    contents: (): Contents => ({
      manifests: [...manifests.values()].sort(by('digest')),
      tags: [...tags].map(([tag, digest]) => ({ tag, digest })).sort(by('tag')),
      links: [...links].map(([digest, size]) => ({ digest, size })).sort(by('digest')),
    }),
  }
}

interface Listed {
  mediaType: string
  digest: string
  size: number
  urls?: string[]
}

/** `kind digest size` of each reference of a manifest, without layers with `urls` that are not among `links`. */
function referencesIn(bytes: Buffer, links: ReadonlyMap<string, number>): string[] {
  const { config, layers = [], manifests = [], subject } = JSON.parse(bytes.toString())
  const describe = (kind: string, { digest, size }: Listed) => `${kind} ${digest} ${size}`
  const listed: Listed[] = [...[config ?? []].flat(), ...layers, ...manifests]
  return [
    ...listed
      .filter(({ urls, digest }) => urls === undefined || links.has(digest))
      .map((one) => describe([OCI_MANIFEST, OCI_INDEX].includes(one.mediaType) ? 'child' : 'blob', one)),
    ...[subject ?? []].flat().map((one: Listed) => describe('subject', one)),
  ].sort()
}

/** A registry accepts foreign layers only with this in its configuration: top-level YAML. */
export const ALLOW_FOREIGN = 'validation: {manifests: {urls: {allow: ["^https://example.org/"]}}}\n'

/** Fills a registry with one of everything. `contents` are those of each repository, in the order of storage keys. */
export async function fillRegistry(client: RegistryClient) {
  const names = ['a-b', 'a/0', 'a', 'a/b', 'a0', 'gone/all', 'gone/some', 'odd']
  const repositories = new Map(names.map((name) => [name, makeRepository(client, name)]))
  const repositoryAt = (name: string) => {
    const found = repositories.get(name)
    if (found === undefined) throw new Error(`${name} is not in the list of names`)
    return found
  }
  const [one, two, three] = [image('one'), image('two'), image('three')]
  await repositoryAt('a').push('v1', one)
  await repositoryAt('a').push('latest', one)
  await repositoryAt('a').push('latest', two)
  const platforms = [
    { image: one, architecture: 'amd64' },
    { image: two, architecture: 'arm64' },
  ]
  const index = makeIndex(platforms)
  await repositoryAt('a-b').push('multi', index)
  const layers = ['c1', 'c2'].map((seed) => ({ seed, bytes: 900 }))
  await repositoryAt('a/b').push('cache', makeBuildKitCache(layers))

  await repositoryAt('a/0').push('v1', three)
  const artifact = noteAbout(three)
  await repositoryAt('a/0').push(undefined, artifact)

  const shared = seededBytes('shared', 3000)
  await repositoryAt('a').upload(shared)
  await repositoryAt('a0').mount(shared, 'a')
  await repositoryAt('a0').upload(seededBytes('in no manifest', 1234))
  await repositoryAt('a0').push(undefined, two)

  await repositoryAt('gone/some').push('keep', one)
  const deleted = [image('only here'), image('nor here')] as const
  await repositoryAt('gone/some').push('delete', deleted[0])
  await repositoryAt('gone/some').remove(deleted[0])
  await repositoryAt('gone/all').push('v1', deleted[1])
  await repositoryAt('gone/all').remove(deleted[1])

  const [config, layer] = [Buffer.from('{"architecture":"amd64"}'), seededBytes('docker layer', 500)]
  await repositoryAt('odd').push('windows', windowsImage(config, layer))
  const body = {
    schemaVersion: 2,
    config: descriptorOf(CONFIG, config),
    layers: [descriptorOf(OCI_LAYER, layer)],
  }
  const untyped = imageOf(body, OCI_MANIFEST, [config, layer])
  await repositoryAt('odd').push('untyped', untyped)
  await repositoryAt('odd').push(
    'untyped-index',
    imageOf({ schemaVersion: 2, manifests: [untyped.root] }, OCI_INDEX, []),
  )

  await pushOptional(repositoryAt('odd'), config)

  const contents = new Map([...repositories].map(([name, repository]) => [name, repository.contents()]))
  return { one, two, three, index, artifact, deleted, contents }
}

/** Pushes manifests with what the specification leaves optional, and with what registries do not need to hold but do. */
async function pushOptional(odd: ReturnType<typeof makeRepository>, config: Buffer) {
  const image = (body: object, blobs: Buffer[]) =>
    imageOf(
      { schemaVersion: 2, mediaType: OCI_MANIFEST, config: descriptorOf(CONFIG, config), ...body },
      OCI_MANIFEST,
      [config, ...blobs],
    )
  await odd.push('no-layers', image({}, []))
  await odd.push('no-manifests', imageOf({ schemaVersion: 2, mediaType: OCI_INDEX }, OCI_INDEX, []))
  const [held, bought] = ['held', 'bought'].map((seed) => seededBytes(seed, 600))
  if (held === undefined || bought === undefined) return
  const restricted = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip'
  const withUrls = { ...descriptorOf(restricted, held), urls: ['https://example.org/held'] }
  await odd.push('foreign-and-held', image({ layers: [withUrls] }, [held]))
  await odd.push('foreign-without-urls', image({ layers: [descriptorOf(restricted, bought)] }, [bought]))
}

/** An artifact whose subject is this image. */
function noteAbout({ root }: LabImage): LabImage {
  const note = Buffer.from('a note')
  const part = descriptorOf(OCI_LAYER, note)
  const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: part, layers: [part], subject: root }
  return imageOf(body, OCI_MANIFEST, [note])
}

/** A docker image whose base layer is not in the registry. */
function windowsImage(config: Buffer, layer: Buffer): LabImage {
  const base = descriptorOf(
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    Buffer.from('elsewhere'),
  )
  const body = {
    schemaVersion: 2,
    mediaType: DOCKER_MANIFEST,
    config: descriptorOf('application/vnd.docker.container.image.v1+json', config),
    layers: [{ ...base, urls: ['https://example.org/base'] }, descriptorOf(DOCKER_LAYER, layer)],
  }
  return imageOf(body, DOCKER_MANIFEST, [config, layer])
}

/** What a reading says that a repository holds. */
export function contentsOf(reading: RepositoryReading): Contents {
  return {
    manifests: reading.manifests
      .map(({ digest, size, mediaType, references = [] }) => ({
        digest,
        size,
        mediaType,
        references: references.map((one) => `${one.kind} ${one.digest} ${one.size}`).sort(),
      }))
      .sort(by('digest')),
    tags: reading.tags.map(({ tag, digest }) => ({ tag, digest })).sort(by('tag')),
    links: (reading.links ?? []).map(({ digest, size }) => ({ digest, size })).sort(by('digest')),
  }
}
