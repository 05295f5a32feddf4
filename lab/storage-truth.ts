import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { digestOf } from './image.ts'

/** What the index should say about a project. Sizes are in bytes. */
export interface TrueUsage {
  uniqueBytes: number
  referencedBytes: number
  exclusiveBytes: number
  unreferencedBytes: number
  manifests: number
  tags: number
}

interface Content {
  digest: string
  size: number
}

/**
 * Computes the numbers of docs/usage.md from a registry's storage folder, in the simplest way and without Tallyman's own
 * code. Tests compare the index with it. A project is the first two segments of a repository.
 */
export function usageFromStorage(storage: string): { projects: Map<string, TrueUsage>; totalBytes: number } {
  const root = join(storage, 'docker/registry/v2')
  const contentsOf = new Map<string, Map<string, number>>()
  const linked = new Map<string, Map<string, number>>()
  const usage = new Map<string, TrueUsage>()
  for (const repository of repositoriesIn(join(root, 'repositories'), '')) {
    const folder = join(root, 'repositories', repository)
    const project = repository.split('/').slice(0, 2).join('/')
    const mine = entry(usage, project, () => ({
      uniqueBytes: 0,
      referencedBytes: 0,
      exclusiveBytes: 0,
      unreferencedBytes: 0,
      manifests: 0,
      tags: 0,
    }))
    const digests = linksIn(join(folder, '_manifests/revisions/sha256'))
    for (const digest of digests) {
      const bytes = readFileSync(dataFile(root, digest))
      if (digestOf(bytes) !== digest) throw new Error(`the content of ${digest} has another digest`)
      const body = JSON.parse(bytes.toString())
      const entries: (Content & { mediaType: string })[] = [
        body.config,
        ...(body.layers ?? []),
        ...(body.manifests ?? []),
      ]
      const blobs = entries.filter(
        (one) => one && !/image\.(manifest|index)|distribution\.manifest/.test(one.mediaType),
      )
      mine.manifests++
      mine.referencedBytes += blobs.reduce((sum, { size }) => sum + size, bytes.length)
      const all = entry(contentsOf, project, () => new Map<string, number>())
      all.set(digest, bytes.length)
      for (const blob of blobs) all.set(blob.digest, blob.size)
    }
    for (const tag of listed(join(folder, '_manifests/tags'))) {
      const link = join(folder, '_manifests/tags', tag, 'current/link')
      if (existsSync(link) && digests.includes(readFileSync(link, 'utf8'))) mine.tags++
    }
    for (const digest of linksIn(join(folder, '_layers/sha256'))) {
      const file = dataFile(root, digest)
      if (existsSync(file))
        entry(linked, project, () => new Map<string, number>()).set(digest, statSync(file).size)
    }
  }
  const sum = (sizes: Iterable<number>) => [...sizes].reduce((total, size) => total + size, 0)
  for (const [project, mine] of usage) {
    const own = contentsOf.get(project) ?? new Map()
    const others = [...contentsOf].filter(([name]) => name !== project).map(([, contents]) => contents)
    mine.uniqueBytes = sum(own.values())
    for (const [digest, size] of own)
      if (!others.some((other) => other.has(digest))) mine.exclusiveBytes += size
    for (const [digest, size] of linked.get(project) ?? [])
      if (!own.has(digest)) mine.unreferencedBytes += size
  }
  return {
    projects: usage,
    totalBytes: sum(new Map([...contentsOf.values()].flatMap((all) => [...all])).values()),
  }
}

/** Bytes of all blobs in the storage, referenced or not. */
export function storedBytes(storage: string): number {
  const root = join(storage, 'docker/registry/v2')
  return listed(join(root, 'blobs/sha256'))
    .flatMap((start) =>
      listed(join(root, 'blobs/sha256', start)).map((hex) => dataFile(root, `sha256:${hex}`)),
    )
    .reduce((total, file) => total + (existsSync(file) ? statSync(file).size : 0), 0)
}

const listed = (folder: string): string[] => (existsSync(folder) ? readdirSync(folder) : [])

function* repositoriesIn(folder: string, path: string): Generator<string> {
  for (const name of listed(folder)) {
    if (name === '_manifests') yield path
    if (!name.startsWith('_'))
      yield* repositoriesIn(join(folder, name), path === '' ? name : `${path}/${name}`)
  }
}

const linksIn = (folder: string): string[] =>
  listed(folder)
    .filter((hex) => existsSync(join(folder, hex, 'link')))
    .map((hex) => `sha256:${hex}`)

const dataFile = (root: string, digest: string): string => {
  const hex = digest.slice('sha256:'.length)
  return join(root, 'blobs/sha256', hex.slice(0, 2), hex, 'data')
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  const found = map.get(key) ?? make()
  map.set(key, found)
  return found
}
