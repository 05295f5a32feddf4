import { ObjectTooLarge } from '../store/object-store.ts'
import type { RegistryStorage } from './storage.ts'
import { makeBulkDelete } from './swift-bulk-delete.ts'
import { makeSwiftClient, type SwiftClientOptions } from './swift-client.ts'
import { makeSwiftContainer, type SwiftEntry, type SwiftObject } from './swift-container.ts'
import { makeSwiftSegments } from './swift-segments.ts'
import { oldVersions, versioningOf } from './swift-versions.ts'

export interface SwiftStorageOptions extends SwiftClientOptions {
  container: string
  /** The driver's `prefix`, as it is there. */
  prefix: string
}

/** An object without a length has more segments than a page of a listing has: it is no manifest and no link. */
const MOST_WITHOUT_LENGTH = 1024 ** 3

/**
 * A registry's `swift` driver (distribution 2.8, registry/storage/driver/swift/swift.go): objects are at `<prefix>/files/…`, and
 * the segments of large ones at `<prefix>/segments/…` in the same container. A delete leaves segments behind, since other
 * objects may have them, too: `freeSegments` deletes those that none has.
 */
export function makeSwiftStorage({
  container: name,
  prefix,
  ...connection
}: SwiftStorageOptions): RegistryStorage {
  const client = makeSwiftClient(connection)
  const container = makeSwiftContainer(client, name)
  const deleteAll = makeBulkDelete(client, container)
  const root = `${prefix}/`.replace(/^\/+/, '')
  const files = `${root}files/`
  const segments = makeSwiftSegments(container, `${root}segments/`)
  const infoOf = ({ name, size, modifiedAt, manifest }: SwiftObject) => ({
    ...{ key: name.slice(files.length), size, modifiedAt },
    ...(manifest !== undefined && { sharing: manifest }),
  })

  async function* filter(all: AsyncIterable<SwiftEntry>, isWanted: (key: string) => boolean) {
    for await (const entry of all) if (isWanted(entry.name.slice(files.length))) yield entry
  }

  async function* infos(all: AsyncIterable<SwiftEntry>) {
    for await (const object of container.sized(all)) yield infoOf(object)
  }

  return {
    place: `the container ${name}/${root}`.replace(/\/$/, ''),
    list: (start, after) =>
      infos(container.entries(files + start, after === undefined ? {} : { marker: files + after })),
    folders: (path) => container.subfolders(files + path),
    inFolders: (path, name) =>
      infos(
        filter(
          container.entries(files + path),
          (key) => key.slice(key.indexOf('/', path.length) + 1) === name,
        ),
      ),
    async head(key) {
      const found = await container.head(files + key)
      return found && infoOf(found)
    },
    async get(key, limit = MOST_WITHOUT_LENGTH) {
      const answer = await container.get(files + key)
      if (answer === undefined) return undefined
      const size = Number(answer.header('content-length') ?? 0)
      if (size <= limit) return answer.bytes(limit)
      answer
        .stream()
        .on('error', () => {})
        .destroy()
      throw new ObjectTooLarge(size, limit)
    },
    read: async (key) => (await container.get(files + key))?.stream(),
    copy: (from, to) => container.copy(files + from, files + to),
    delete: (keys) => deleteAll(keys.map((key) => files + key)),
    async *hidden() {
      for await (const { name, bytes, modifiedAt } of segments.unnamed())
        yield { kind: 'segment', key: name.slice(root.length), size: bytes, modifiedAt }
      for await (const { key, ...version } of oldVersions(client, container, root))
        yield { ...version, key: key.slice((key.startsWith(files) ? files : root).length) }
    },
    async freeSegments(keys, before) {
      if ((await versioningOf(container)) !== undefined)
        throw client.error(
          `free segments of the container ${name}`,
          'the container keeps old versions, which may have these segments',
        )
      const isOpen = async (upload: string) =>
        (await container.head(`${files}${upload.slice(1)}startedat`)) !== undefined
      const names = new Set([...keys].map((key) => root + key))
      const found = await segments.deletable(names, before, isOpen)
      await deleteAll(found.map(({ name }) => name))
      return { objects: found.length, bytes: found.reduce((sum, { bytes }) => sum + bytes, 0) }
    },
  }
}
