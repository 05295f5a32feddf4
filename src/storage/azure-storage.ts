import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { type BlobItem, type ContainerClient, RestError } from '@azure/storage-blob'
import { ObjectTooLarge } from '../store/object-store.ts'
import { pagesUntilLast } from '../store/pages-until-last.ts'
import { type AzureAccount, codeOf, makeAzureContainer, undefinedIfAbsent } from './azure-client.ts'
import { deleteBlobs } from './azure-delete.ts'
import { makeInFolders } from './in-folders.ts'
import { orUnlisted, REFUSED } from './or-unlisted.ts'
import type { HiddenObject, RegistryStorage } from './storage.ts'

export interface AzureStorageOptions extends AzureAccount {
  /** The driver's `rootdirectory`; '' for none. */
  rootDirectory: string
  /**
   * Whether the names of blobs begin with a slash. Distribution 2.x writes them so, and has no rootdirectory. 3.x writes
   * none (blobName in registry/storage/driver/azure/azure.go). GitLab's registry writes none, unless it has
   * `legacyrootprefix: true`, or is before 16.0 and lacks `trimlegacyrootprefix: true` (PathToKey).
   */
  legacyRootPrefix: boolean
}

/** What stands before each key in the container. */
export function azureFolderOf({
  rootDirectory,
  legacyRootPrefix,
}: Pick<AzureStorageOptions, 'rootDirectory' | 'legacyRootPrefix'>): string {
  const root = rootDirectory.replace(/^\/+|\/+$/g, '')
  return (legacyRootPrefix ? '/' : '') + (root === '' ? '' : `${root}/`)
}

/** How long a page of a list, or a small object, may take until its end, in ms. The SDK only waits so for its beginning. */
const WHOLE_MS = 120_000

/** A registry's `azure` driver. It throws the errors of the SDK. */
export function makeAzureStorage({
  rootDirectory,
  legacyRootPrefix,
  wholeMs = WHOLE_MS,
  ...account
}: AzureStorageOptions & { wholeMs?: number }): RegistryStorage {
  const inTime = () => ({ abortSignal: AbortSignal.timeout(wholeMs) })
  const container = makeAzureContainer(account)
  const folder = azureFolderOf({ rootDirectory, legacyRootPrefix })
  const blobOf = (key: string) => container.getBlobClient(folder + key)

  async function read(key: string, limit?: number) {
    // What is read whole is small; a stream takes as long as it takes.
    const options = { maxRetryRequests: 3, ...(limit !== undefined && inTime()) }
    const found = await blobOf(key).download(0, undefined, options).catch(undefinedIfAbsent)
    if (found === undefined) return undefined
    const { readableStreamBody: body, contentLength: size = 0 } = found
    if (!(body instanceof Readable)) throw new Error(`Azure answered without a body for ${key}`)
    if (limit === undefined || size <= limit) return body
    body.on('error', () => {}).destroy()
    throw new ObjectTooLarge(size, limit)
  }

  async function* list(start: string, after?: string) {
    // The service can begin at a name. Servers that do not know this begin at the start.
    const options = { prefix: folder + start, ...(after !== undefined && { startFrom: folder + after }) }
    const pages = pagesUntilLast(
      (place?: Place) => pageOf(container.listBlobsFlat({ ...options, ...inTime() }).byPage(place)),
      nextOf,
    )
    for await (const { segment } of pages)
      for (const { name, properties } of segment.blobItems) {
        const key = name.slice(folder.length)
        if (after !== undefined && key <= after) continue
        const { contentLength: size = Number.NaN, lastModified } = properties
        yield { key, size, modifiedAt: new Date(lastModified ?? Number.NaN) }
      }
  }

  async function startCopy(from: string, to: string) {
    const copying = await blobOf(to).beginCopyFromURL(blobOf(from).url, { intervalInMs: 500 })
    const { copyStatus } = await copying.pollUntilDone()
    if (copyStatus !== 'success') throw new Error(`Azure did not copy ${from} to ${to}: ${copyStatus}`)
    return true
  }

  return {
    place: `the container ${account.container}/${folder}`,
    list,
    async folders(path) {
      const start = folder + path
      const names: string[] = []
      const pages = pagesUntilLast(
        (place?: Place) =>
          pageOf(container.listBlobsByHierarchy('/', { prefix: start, ...inTime() }).byPage(place)),
        nextOf,
      )
      for await (const { segment } of pages)
        for (const { name } of segment.blobPrefixes ?? []) names.push(name.slice(start.length))
      return names
    },
    inFolders: makeInFolders(list),
    async head(key) {
      const found = await blobOf(key).getProperties().catch(undefinedIfAbsent)
      return found && { key, size: found.contentLength ?? 0, modifiedAt: found.lastModified ?? new Date(0) }
    },
    get: async (key, limit) => {
      const body = await read(key, limit)
      return body && buffer(body)
    },
    read: (key) => read(key),
    async copy(from, to) {
      const copied = await startCopy(from, to)
        .catch(async (error: unknown) => {
          // A blob keeps its kind: a block blob does not become an append blob, as which the driver writes uploads.
          if (!(error instanceof RestError && codeOf(error) === 'InvalidBlobType')) throw error
          await blobOf(to).deleteIfExists()
          return startCopy(from, to)
        })
        .catch(undefinedIfAbsent)
      return copied ?? false
    },
    delete: (keys) => deleteBlobs(container, keys.map(blobOf)),
    hidden: (unlisted) =>
      orUnlisted(hiddenIn(container, folder, inTime), ['version', 'upload', 'deleted'], refusal, unlisted),
  }
}

interface Place {
  continuationToken: string
}

/** The first page of these. */
async function pageOf<Page>(pages: AsyncIterableIterator<Page>): Promise<Page> {
  const { value } = await pages.next()
  return value
}

const nextOf = ({ continuationToken }: { continuationToken?: string }): Place | undefined =>
  continuationToken ? { continuationToken } : undefined

/** A login may be allowed to list blobs, and no versions; accounts with folders (Data Lake) have no versions. */
const refusal = (error: unknown) =>
  error instanceof RestError && REFUSED.includes(error.statusCode)
    ? `${codeOf(error)}: ${error.message.split('\n')[0]}`
    : undefined

/**
 * Old versions, snapshots, blobs that were deleted softly, and blobs of which only blocks are there. Blocks that wait beside
 * the content of a blob are in no listing; distribution's driver writes none.
 */
async function* hiddenIn(
  container: ContainerClient,
  folder: string,
  inTime: () => { abortSignal: AbortSignal },
): AsyncGenerator<HiddenObject> {
  const options = {
    ...{ prefix: folder, includeUncommitedBlobs: true, includeDeleted: true },
    ...{ includeVersions: true, includeSnapshots: true },
  }
  const pages = pagesUntilLast(
    (place?: Place) => pageOf(container.listBlobsFlat({ ...options, ...inTime() }).byPage(place)),
    nextOf,
  )
  for await (const { segment } of pages) for (const blob of segment.blobItems) yield* hiddenOf(blob)

  async function* hiddenOf(blob: BlobItem): AsyncGenerator<HiddenObject> {
    const { contentLength: size = 0, lastModified: modifiedAt, blobType } = blob.properties
    const kind = kindOf(blob)
    const info = { key: blob.name.slice(folder.length), modifiedAt }
    if (kind !== undefined) yield { kind, ...info, size }
    else if (size === 0 && blobType === 'BlockBlob') {
      const blocks = await container
        .getBlockBlobClient(blob.name)
        .getBlockList('uncommitted')
        .catch(undefinedIfAbsent)
      const waiting = (blocks?.uncommittedBlocks ?? []).reduce((sum, block) => sum + block.size, 0)
      if (waiting > 0) yield { kind: 'upload', ...info, size: waiting }
    }
  }
}

function kindOf({
  deleted,
  snapshot,
  versionId,
  isCurrentVersion,
}: BlobItem): HiddenObject['kind'] | undefined {
  if (deleted) return 'deleted'
  // An empty string is what the SDK makes of an answer without snapshots.
  if (snapshot || (versionId && !isCurrentVersion)) return 'version'
  return undefined
}
