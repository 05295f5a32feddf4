import type { HiddenObject } from './storage.ts'
import type { SwiftClient } from './swift-client.ts'
import { decoded, makeSwiftContainer, type SwiftContainer } from './swift-container.ts'

/** The type of the object that marks a delete, in both kinds of versioning (swift/common/middleware/versioned_writes). */
const IS_MARKER = /swift_versions_deleted=1|^application\/x-deleted/

/** How a container keeps old versions: in itself, in another container, or not at all (undefined). */
export async function versioningOf(container: SwiftContainer) {
  const headers = await container.headers()
  const elsewhere = headers.header('x-versions-location') ?? headers.header('x-history-location')
  if (elsewhere !== undefined) return { archive: decoded(elsewhere) }
  return /^true$/i.test(headers.header('x-versions-enabled') ?? '') ? { archive: undefined } : undefined
}

/** Old versions of the objects whose name starts with `prefix`, and marks of deletes. Their keys are the objects' names. */
export async function* oldVersions(
  client: SwiftClient,
  container: SwiftContainer,
  prefix: string,
): AsyncGenerator<HiddenObject> {
  const versioning = await versioningOf(container)
  if (versioning === undefined) return
  const hiddenOf = (
    key: string,
    { contentType, bytes, modifiedAt }: { contentType: string; bytes: number; modifiedAt: Date },
  ) => ({
    ...{ kind: IS_MARKER.test(contentType) ? ('marker' as const) : ('version' as const) },
    ...{ key, size: bytes, modifiedAt },
  })
  if (versioning.archive === undefined) {
    for await (const entry of container.entries(prefix, { versions: 'true' }))
      if (!entry.version?.isLatest || IS_MARKER.test(entry.contentType)) yield hiddenOf(entry.name, entry)
    return
  }
  // `<length of the name, three hex digits><name>/<time>`
  for await (const entry of makeSwiftContainer(client, versioning.archive).entries('')) {
    const name = entry.name.slice(3, entry.name.lastIndexOf('/'))
    if (name.startsWith(prefix)) yield hiddenOf(name, entry)
  }
}
