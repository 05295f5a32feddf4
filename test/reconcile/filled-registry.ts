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

/** What should be read, said by what was pushed: every part in the order of its digests or tags, without times. */
export interface Held {
  manifests: { digest: string; size: number; mediaType: string; references: string[] }[]
  tags: { tag: string; digest: string }[]
  /** Every blob that was uploaded or mounted there. */
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

/** A manifest of `body` that needs these blobs. */
function made(body: object, mediaType: string, blobs: Buffer[]): LabImage {
  const bytes = Buffer.from(JSON.stringify(body))
  const root = { mediaType, digest: digestOf(bytes), size: bytes.length }
  return {
    root,
    manifests: new Map([[root.digest, { bytes, mediaType }]]),
    blobs: new Map(blobs.map((blob) => [digestOf(blob), blob])),
  }
}

const described = (mediaType: string, bytes: Buffer) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
})

/** Fills a repository and says what it holds. */
function makeRepository(client: RegistryClient, repository: string) {
  const manifests = new Map<string, Held['manifests'][number]>()
  const tags = new Map<string, string>()
  const links = new Map<string, number>()
  return {
    async push(tag: string | undefined, content: LabImage) {
      await pushImage(client, repository, tag ?? content.root.digest, content)
      for (const [digest, { bytes, mediaType }] of content.manifests)
        manifests.set(digest, { digest, size: bytes.length, mediaType, references: referencesIn(bytes) })
      for (const [digest, { length }] of content.blobs) links.set(digest, length)
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
    held: (): Held => ({
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

/** `kind digest size` of each thing that a manifest names and the registry holds. */
function referencesIn(bytes: Buffer): string[] {
  const { config, layers = [], manifests = [], subject } = JSON.parse(bytes.toString())
  const say = (kind: string, { digest, size }: Listed) => `${kind} ${digest} ${size}`
  const listed: Listed[] = [...[config ?? []].flat(), ...layers, ...manifests]
  return [
    ...listed
      .filter(({ urls }) => urls === undefined)
      .map((one) => say([OCI_MANIFEST, OCI_INDEX].includes(one.mediaType) ? 'child' : 'blob', one)),
    ...[subject ?? []].flat().map((one: Listed) => say('subject', one)),
  ].sort()
}

/** Without which a registry takes no foreign layers: top-level YAML of its configuration. */
export const ALLOW_FOREIGN = 'validation: {manifests: {urls: {allow: ["^https://example.org/"]}}}\n'

/** Fills a registry with one of everything. `held` says by repository, in the order of keys, what there is then. */
export async function fillRegistry(client: RegistryClient) {
  const names = ['a-b', 'a/0', 'a', 'a/b', 'a0', 'gone/all', 'gone/some', 'odd']
  const repositories = new Map(names.map((name) => [name, makeRepository(client, name)]))
  const at = (name: string) => {
    const found = repositories.get(name)
    if (found === undefined) throw new Error(`no repository ${name} is planned`)
    return found
  }
  const [one, two, three] = [image('one'), image('two'), image('three')]
  await at('a').push('v1', one)
  await at('a').push('latest', one)
  await at('a').push('latest', two)
  const platforms = [
    { image: one, architecture: 'amd64' },
    { image: two, architecture: 'arm64' },
  ]
  const index = makeIndex(platforms)
  await at('a-b').push('multi', index)
  const layers = ['c1', 'c2'].map((seed) => ({ seed, bytes: 900 }))
  await at('a/b').push('cache', makeBuildKitCache(layers))

  await at('a/0').push('v1', three)
  const artifact = noteAbout(three)
  await at('a/0').push(undefined, artifact)

  const shared = seededBytes('shared', 3000)
  await at('a').upload(shared)
  await at('a0').mount(shared, 'a')
  await at('a0').upload(seededBytes('in no manifest', 1234))
  await at('a0').push(undefined, two)

  await at('gone/some').push('keep', one)
  const deleted = [image('only here'), image('nor here')] as const
  await at('gone/some').push('delete', deleted[0])
  await at('gone/some').remove(deleted[0])
  await at('gone/all').push('v1', deleted[1])
  await at('gone/all').remove(deleted[1])

  const [config, layer] = [Buffer.from('{"architecture":"amd64"}'), seededBytes('docker layer', 500)]
  await at('odd').push('windows', windowsImage(config, layer))
  const body = { schemaVersion: 2, config: described(CONFIG, config), layers: [described(OCI_LAYER, layer)] }
  const untyped = made(body, OCI_MANIFEST, [config, layer])
  await at('odd').push('untyped', untyped)
  await at('odd').push('untyped-index', made({ schemaVersion: 2, manifests: [untyped.root] }, OCI_INDEX, []))

  const held = new Map([...repositories].map(([name, repository]) => [name, repository.held()]))
  return { one, two, three, index, artifact, deleted, held }
}

/** An artifact with a subject, to be pushed untagged. */
function noteAbout({ root }: LabImage): LabImage {
  const note = Buffer.from('a note')
  const part = described(OCI_LAYER, note)
  const body = { schemaVersion: 2, mediaType: OCI_MANIFEST, config: part, layers: [part], subject: root }
  return made(body, OCI_MANIFEST, [note])
}

/** A docker image whose base is not in the registry. */
function windowsImage(config: Buffer, layer: Buffer): LabImage {
  const base = described(
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    Buffer.from('elsewhere'),
  )
  const body = {
    ...{ schemaVersion: 2, mediaType: DOCKER_MANIFEST },
    config: described('application/vnd.docker.container.image.v1+json', config),
    layers: [{ ...base, urls: ['https://example.org/base'] }, described(DOCKER_LAYER, layer)],
  }
  return made(body, DOCKER_MANIFEST, [config, layer])
}

/** A reading in the same words. */
export function heldIn(reading: RepositoryReading): Held {
  return {
    manifests: reading.manifests
      .map(({ digest, size, mediaType, references }) => ({
        ...{ digest, size, mediaType },
        references: references.map((one) => `${one.kind} ${one.digest} ${one.size}`).sort(),
      }))
      .sort(by('digest')),
    tags: reading.tags.map(({ tag, digest }) => ({ tag, digest })).sort(by('tag')),
    links: (reading.links ?? []).map(({ digest, size }) => ({ digest, size })).sort(by('digest')),
  }
}
