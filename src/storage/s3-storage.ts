import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { shareFor } from '../platform/share-for.ts'
import { ObjectTooLarge } from '../store/object-store.ts'
import { folderOf, makeS3Client, type S3StoreOptions, undefinedIfAbsent } from '../store/s3-client.ts'
import { listPages } from '../store/s3-pages.ts'
import { makeInFolders } from './in-folders.ts'
import { makeS3Hidden } from './s3-hidden.ts'
import { makeLargeCopy } from './s3-large-copy.ts'
import type { RegistryStorage } from './storage.ts'

/** What a listing does not tell is no time; `checkedStorage` refuses it. */
const NEVER = new Date(Number.NaN)

/** How long a bucket that was there is taken to be there, in ms. */
const THERE_MS = 60_000

/** Objects in a DeleteObjects request, and bytes of an object that CopyObject copies: the limits of the S3 API. */
const DELETED_AT_ONCE = 1_000
const MOST_COPIED = 5 * 1024 ** 3

/**
 * A registry's `s3` driver: `prefix` is its `rootdirectory`. It throws the errors of the SDK. Objects of more than `mostCopied`
 * bytes are copied in parts.
 */
export function makeS3Storage(options: S3StoreOptions & { mostCopied?: number }): RegistryStorage {
  const { bucket, prefix, mostCopied = MOST_COPIED, ...connection } = options
  const client = makeS3Client(connection)
  // Distribution takes slashes at both ends of a rootdirectory away.
  const folder = folderOf(prefix.replace(/^\/+/, ''))
  const at = (key: string) => ({ Bucket: bucket, Key: folder + key })
  const copyLarge = makeLargeCopy(client, bucket)
  const source = (key: string) => `${bucket}/${(folder + key).split('/').map(encodeURIComponent).join('/')}`

  /** The answer to a HEAD has no body: a bucket that is missing looks as an object that is. Few may ask for a bucket. */
  const beThere = shareFor(THERE_MS, async () => {
    await client.send(new HeadBucketCommand({ Bucket: bucket })).catch((error: unknown) => {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404)
        throw new Error(`there is no bucket ${bucket}`)
    })
  })

  async function head(key: string) {
    const found = await client.send(new HeadObjectCommand(at(key))).catch(undefinedIfAbsent)
    if (found === undefined) await beThere()
    return found && { key, size: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) }
  }

  async function read(key: string, limit?: number) {
    const found = await client.send(new GetObjectCommand(at(key))).catch(undefinedIfAbsent)
    if (found === undefined) return undefined
    const { Body: body, ContentLength: size = 0 } = found
    if (!(body instanceof Readable)) throw new Error(`S3 answered without a body for ${key}`)
    if (limit === undefined || size <= limit) return body
    body.on('error', () => {}).destroy()
    throw new ObjectTooLarge(size, limit)
  }

  async function* list(start: string, after?: string) {
    const pages = listPages(client, {
      ...{ Bucket: bucket, Prefix: folder + start },
      ...(after !== undefined && { StartAfter: folder + after }),
    })
    for await (const { Contents = [] } of pages)
      for (const { Key = '', Size = Number.NaN, LastModified = NEVER } of Contents)
        yield { key: Key.slice(folder.length), size: Size, modifiedAt: LastModified }
  }

  return {
    place: `the bucket ${bucket}/${prefix}`,
    list,
    async folders(path) {
      const start = folder + path
      const names: string[] = []
      const input = { Bucket: bucket, Prefix: start, Delimiter: '/' }
      for await (const { CommonPrefixes = [] } of listPages(client, input))
        for (const { Prefix = '' } of CommonPrefixes) names.push(Prefix.slice(start.length))
      return names
    },
    inFolders: makeInFolders(list),
    head,
    get: async (key, limit) => {
      const body = await read(key, limit)
      return body && buffer(body)
    },
    read: (key) => read(key),
    async copy(from, to) {
      const found = await head(from)
      if (found === undefined) return false
      const input = { ...at(to), CopySource: source(from) }
      if (found.size > mostCopied) await copyLarge(input, found.size)
      else await client.send(new CopyObjectCommand(input))
      return true
    },
    async delete(keys) {
      for (let from = 0; from < keys.length; from += DELETED_AT_ONCE) {
        const some = keys.slice(from, from + DELETED_AT_ONCE)
        const Delete = { Objects: some.map((key) => ({ Key: folder + key })), Quiet: true }
        const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket: bucket, Delete }))
        const [first] = Errors
        if (first !== undefined)
          throw new Error(
            `${Errors.length} of ${some.length} objects were not deleted; the first: ${first.Key}: ${first.Code} ${first.Message ?? ''}`,
          )
      }
    },
    hidden: makeS3Hidden(client, bucket, folder),
  }
}
