import { buffer } from 'node:stream/consumers'
import { ApiError, type FileMetadata, type GetFilesOptions } from '@google-cloud/storage'
import pMap from 'p-map'
import { isObject } from '../registry/descriptor.ts'
import { type ObjectInfo, ObjectTooLarge } from '../store/object-store.ts'
import { pagesUntilLast } from '../store/pages-until-last.ts'
import { type GcsStorageOptions, makeGcsBucket } from './gcs-bucket.ts'
import { makeInFolders } from './in-folders.ts'
import { orUnlisted, REFUSED } from './or-unlisted.ts'
import type { HiddenObject, RegistryStorage } from './storage.ts'

/** The SDK has no batches. */
const DELETES = { concurrency: 16 }
const ABSENT = 404
/** The answer to a range that begins behind the end: of an object without bytes, any range does. */
const NO_SUCH_RANGE = 416

/** A registry's `gcs` driver. It throws the errors of the SDK. */
export function makeGcsStorage(options: GcsStorageOptions): RegistryStorage {
  const { bucket, folder } = makeGcsBucket(options)
  const fileOf = (key: string) => bucket.file(folder + key)

  /** A page of a list. `getFiles` throws beside its promise, which ends the process, if the answer has no body. */
  async function pageOf(query: GetFilesOptions): Promise<Page> {
    const [page]: unknown[] = await bucket.request({ uri: '/o', qs: query })
    // The SDK gives the text of an answer that is no JSON, and an empty list is an object, too.
    if (isObject(page)) return page
    throw new Error(`the answer to a list of the bucket ${options.bucket} is no JSON object`)
  }

  /** Pages of a list, as the API answers them. */
  async function* pages(query: GetFilesOptions) {
    const all = pagesUntilLast(
      (place?: { pageToken: string }) => pageOf({ ...query, ...place }),
      ({ nextPageToken }) => (nextPageToken ? { pageToken: nextPageToken } : undefined),
    )
    for await (const { items = [], prefixes = [] } of all) yield { items, prefixes }
  }

  const infoOf = ({ name = '', size, timeCreated }: FileMetadata): ObjectInfo => ({
    ...{ key: name.slice(folder.length), size: Number(size ?? Number.NaN) },
    // `updated` is the time of a new label or storage class, too.
    modifiedAt: new Date(timeCreated ?? Number.NaN),
  })

  async function* list(start: string, after?: string) {
    const query = { prefix: folder + start, ...(after !== undefined && { startOffset: folder + after }) }
    for await (const { items } of pages({ ...query, fields: `${ITEM}),nextPageToken` }))
      for (const item of items) {
        const info = infoOf(item)
        if (info.key !== after) yield info
      }
  }

  /** Of an object that is missing. A bucket that is missing is the same answer, so it is asked for a list. */
  async function undefinedIfAbsent(error: unknown): Promise<undefined> {
    if (!(error instanceof ApiError && error.code === ABSENT)) throw error
    await pageOf({ maxResults: 1, fields: 'kind' })
  }

  const metadataOf = async (key: string) => (await fileOf(key).getMetadata().catch(undefinedIfAbsent))?.[0]

  async function head(key: string) {
    const found = await metadataOf(key)
    return found && infoOf(found)
  }

  async function read(key: string) {
    const found = await metadataOf(key)
    if (found === undefined) return undefined
    // Of the same generation: a registry may write the object anew meanwhile.
    const file = bucket.file(folder + key, {
      ...(found.generation !== undefined && { generation: found.generation }),
    })
    return file.createReadStream({ decompress: false })
  }

  async function* oldVersions(): AsyncGenerator<HiddenObject> {
    const versions = { prefix: folder, versions: true, fields: `${ITEM},timeDeleted),nextPageToken` }
    for await (const { items } of pages(versions))
      for (const item of items) if (item.timeDeleted !== undefined) yield { kind: 'version', ...infoOf(item) }
  }

  async function* softDeleted(): AsyncGenerator<HiddenObject> {
    try {
      for await (const { items } of pages({ prefix: folder, softDeleted: true }))
        for (const item of items) yield { kind: 'deleted', ...infoOf(item) }
    } catch (error) {
      // The bucket keeps nothing that was deleted.
      if (!(error instanceof ApiError && /soft delete policy/i.test(error.message))) throw error
    }
  }

  return {
    place: `the bucket ${options.bucket}/${folder}`,
    list,
    async folders(path) {
      const start = folder + path
      const names: string[] = []
      for await (const { prefixes } of pages({
        prefix: start,
        delimiter: '/',
        fields: 'prefixes,nextPageToken',
      }))
        for (const prefix of prefixes) names.push(prefix.slice(start.length))
      return names.sort()
    },
    inFolders: makeInFolders(list),
    head,
    async get(key, limit) {
      if (limit === undefined) {
        const body = await read(key)
        return body && buffer(body)
      }
      // One byte more than the limit tells in one request whether there is more.
      const [bytes] = await fileOf(key)
        .download({ decompress: false, start: 0, end: limit })
        .catch(async (error) => {
          if (error instanceof ApiError && error.code === NO_SUCH_RANGE) return [Buffer.alloc(0)]
          return [await undefinedIfAbsent(error)]
        })
      if (bytes === undefined || bytes.length <= limit) return bytes
      throw new ObjectTooLarge((await head(key))?.size ?? bytes.length, limit)
    },
    read,
    async copy(from, to) {
      const copied = await fileOf(from).copy(fileOf(to)).catch(undefinedIfAbsent)
      return copied !== undefined
    },
    async delete(keys) {
      let absent: unknown
      await pMap(
        keys,
        (key) =>
          fileOf(key)
            .delete()
            .catch((error) => {
              if (!(error instanceof ApiError && error.code === ABSENT)) throw error
              absent = error
            }),
        DELETES,
      )
      if (absent !== undefined) await undefinedIfAbsent(absent)
    },
    async *hidden(unlisted) {
      yield* oldVersions()
      yield* orUnlisted(softDeleted(), ['deleted'], refusal, unlisted)
    },
  }
}

/** To list what was deleted softly needs a right of its own, and few logins have it. */
const refusal = (error: unknown) =>
  error instanceof ApiError && REFUSED.includes(error.code) ? error.message : undefined

const ITEM = 'items(name,size,timeCreated'

interface Page {
  items?: FileMetadata[]
  prefixes?: string[]
  nextPageToken?: string
}
