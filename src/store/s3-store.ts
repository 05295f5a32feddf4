import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { assertFolder, assertKey, assertPrefix, isKey } from './assert-key.ts'
import { type ObjectStore, ObjectTooLarge } from './object-store.ts'
import { probe } from './probe.ts'
import { folderOf, makeS3Client, type S3StoreOptions, undefinedIfAbsent } from './s3-client.ts'
import { listPages } from './s3-pages.ts'

/**
 * Bytes. An object up to this size is put in one request, a larger one as a multipart upload. S3 takes 10,000 parts, so
 * an object holds up to 78 GiB.
 */
const PART_SIZE = 8 * 1024 * 1024

/**
 * Keeps objects in an S3 bucket. It throws the errors of the SDK, which makes three attempts. `head` cannot distinguish
 * a missing bucket from a missing object; `check` can. A crash during an upload leaves parts behind, which a lifecycle
 * rule of the bucket should remove.
 */
export function makeS3Store({ bucket, prefix, ...connection }: S3StoreOptions): ObjectStore {
  const client = makeS3Client(connection)
  const folder = folderOf(prefix)
  const at = (key: string) => {
    assertKey(key)
    return { Bucket: bucket, Key: folder + key }
  }
  const read = async (key: string, limit?: number) => {
    const found = await client.send(new GetObjectCommand(at(key))).catch(undefinedIfAbsent)
    if (found === undefined) return undefined
    const { Body: body, ContentLength: size = 0 } = found
    if (!(body instanceof Readable)) throw new Error(`S3 answered without a body for ${key}`)
    if (limit === undefined || size <= limit) return body
    body.on('error', () => {}).destroy()
    throw new ObjectTooLarge(size, limit)
  }

  async function* list(start: string, after?: string) {
    const input = {
      ...{ Bucket: bucket, Prefix: folder + start },
      ...(after !== undefined && { StartAfter: folder + after }),
    }
    const pages = listPages(client, input)
    for await (const { Contents = [] } of pages)
      for (const { Key = '', Size = 0, LastModified = new Date(0) } of Contents) {
        const key = Key.slice(folder.length)
        // Not the objects of other programs, such as the `folder/` that consoles make.
        if (isKey(key)) yield { key, size: Size, modifiedAt: LastModified }
      }
  }

  const store: Omit<ObjectStore, 'check'> = {
    async put(key, body) {
      const upload = new Upload({
        client,
        params: { ...at(key), Body: body },
        partSize: PART_SIZE,
        // One part at a time is in memory.
        queueSize: 1,
        leavePartsOnError: false,
      })
      await upload.done()
    },

    async get(key, limit) {
      const body = await read(key, limit)
      return body && buffer(body)
    },

    read: (key) => read(key),

    async *list(start, after) {
      assertPrefix(start)
      yield* list(start, after)
    },

    async *inFolders(path, name) {
      assertFolder(path)
      assertKey(name)
      for await (const info of list(path)) {
        const [, ...inFolder] = info.key.slice(path.length).split('/')
        if (inFolder.join('/') === name) yield info
      }
    },

    async folders(path) {
      assertFolder(path)
      const start = folder + path
      const names: string[] = []
      const input = { Bucket: bucket, Prefix: start, Delimiter: '/' }
      for await (const { CommonPrefixes = [] } of listPages(client, input))
        for (const { Prefix = '' } of CommonPrefixes) names.push(Prefix.slice(start.length))
      return names.filter((name) => isKey(name.slice(0, -1)))
    },

    async head(key) {
      const found = await client.send(new HeadObjectCommand(at(key))).catch(undefinedIfAbsent)
      return found && { key, size: found.ContentLength ?? 0, modifiedAt: found.LastModified ?? new Date(0) }
    },

    async delete(key) {
      await client.send(new DeleteObjectCommand(at(key))).catch(undefinedIfAbsent)
    },
  }
  return { ...store, check: () => probe(store, `the bucket ${bucket}`) }
}
