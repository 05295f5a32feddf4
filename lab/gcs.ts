import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { CRC32C } from '@google-cloud/storage'
import { freePort } from './ports.ts'

interface Stored {
  name: string
  bytes: Buffer
  generation: number
  timeCreated: string
  /** Fields of the object's resource beside these: holds, retention. */
  more?: object
  /** It is an old version. */
  timeDeleted?: string
  softDeleteTime?: string
}

/** Objects and prefixes in a page of a list, as documented. */
const PAGE = 1_000
/** Bytes that a call of rewriteTo copies before it answers with a token. Google's copies at least 1 MiB. */
const REWRITTEN = 1024 * 1024

/**
 * A server of our own for the part of Google's JSON API that a storage view needs, by its documentation
 * (docs.cloud.google.com/storage/docs/json_api/v1/objects): lists in pages, metadata, media with ranges, rewriteTo in
 * several calls, deletes, old versions and soft delete; the bucket's resource (buckets#resource) with what `settings.bucket` has,
 * and testPermissions by `settings.rights`. Without logins. It has one bucket, in memory.
 */
export async function startGcs(bucket: string) {
  const live = new Map<string, Stored>()
  const old: Stored[] = []
  const softDeleted: Stored[] = []
  const settings = {
    ...{ versioning: false, softDelete: false },
    /** Fields of the bucket's resource. `undefined`: the login may not see it (storage.buckets.get). */
    bucket: {} as object | undefined,
    /** What the login may do. */
    rights: null as readonly string[] | null,
  }
  let generation = Date.now() * 1000

  function remove(name: string) {
    const found = live.get(name)
    if (found === undefined) return false
    live.delete(name)
    const now = new Date().toISOString()
    if (settings.versioning) old.push({ ...found, timeDeleted: now })
    else if (settings.softDelete) softDeleted.push({ ...found, softDeleteTime: now })
    return true
  }

  function put(name: string, bytes: Buffer, more: object = {}) {
    remove(name)
    live.set(name, { name, bytes, more, generation: ++generation, timeCreated: new Date().toISOString() })
  }

  function bucketResource(): object {
    if (settings.bucket === undefined)
      throw new Refusal(403, 'The caller does not have storage.buckets.get access to the bucket.')
    return {
      ...{ kind: 'storage#bucket', id: bucket, name: bucket, storageClass: 'STANDARD', ...settings.bucket },
      ...(settings.versioning && { versioning: { enabled: true } }),
      ...(settings.softDelete && { softDeletePolicy: { retentionDurationSeconds: '604800' } }),
    }
  }

  /** Those of the permissions that the caller has. */
  const permitted = (asked: readonly string[]): object => ({
    kind: 'storage#testIamPermissionsResponse',
    permissions: asked.filter((one) => settings.rights === null || settings.rights.includes(one)),
  })

  function listed(query: URLSearchParams): object {
    const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? '']
    if (query.get('softDeleted') === 'true' && !settings.softDelete)
      throw new Refusal(400, 'Soft delete policy is required.')
    const from = query.get('softDeleted') === 'true' ? softDeleted : [...live.values()]
    const all = query.get('versions') === 'true' ? [...from, ...old] : from
    const entries = new Map<string, Stored | string>()
    for (const object of all.sort(inOrder)) {
      const { name } = object
      if (!name.startsWith(prefix) || name < (query.get('startOffset') ?? '')) continue
      const end = delimiter === '' ? -1 : name.indexOf(delimiter, prefix.length)
      if (end === -1) entries.set(`${name}\0${object.generation}`, object)
      else entries.set(name.slice(0, end + 1), name.slice(0, end + 1))
    }
    const rest = [...entries].filter(([mark]) => mark > (query.get('pageToken') ?? ''))
    const page = rest.slice(0, Math.min(Number(query.get('maxResults') ?? PAGE), PAGE))
    const last = page.at(-1)?.[0]
    return {
      kind: 'storage#objects',
      items: page.flatMap(([, entry]) => (typeof entry === 'string' ? [] : [metadata(entry)])),
      prefixes: page.flatMap(([, entry]) => (typeof entry === 'string' ? [entry] : [])),
      ...(page.length < rest.length && { nextPageToken: last }),
    }
  }

  const metadata = ({ bytes, generation, more, ...rest }: Stored) => ({
    ...{ kind: 'storage#object', bucket, ...rest, ...more, size: String(bytes.length) },
    ...{ generation: String(generation), updated: rest.timeCreated, crc32c: crc32c(bytes) },
  })

  function existing(name: string, wanted: string | null): Stored {
    const found = [...live.values(), ...old].find(
      (stored) =>
        stored.name === name &&
        (wanted === null ? stored.timeDeleted === undefined : String(stored.generation) === wanted),
    )
    if (found === undefined) throw new Refusal(404, `No such object: ${bucket}/${name}`)
    return found
  }

  function sendMedia(object: Stored, request: IncomingMessage, response: ServerResponse) {
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? []
    if (first !== undefined && Number(first) >= object.bytes.length)
      throw new Refusal(416, 'The requested range cannot be satisfied.')
    const end = last ? Number(last) + 1 : object.bytes.length
    const bytes = first === undefined ? object.bytes : object.bytes.subarray(Number(first), end)
    response.writeHead(first === undefined ? 200 : 206, {
      ...{ 'content-length': bytes.length, 'x-goog-hash': `crc32c=${crc32c(object.bytes)}` },
      ...(first !== undefined && {
        'content-range': `bytes ${first}-${Number(first) + bytes.length - 1}/${object.bytes.length}`,
      }),
    })
    response.end(bytes)
  }

  function rewrite(from: Stored, to: string, token: string | null): object {
    const done = Math.min(Number(token ?? 0) + REWRITTEN, from.bytes.length)
    const progress = { totalBytesRewritten: String(done), objectSize: String(from.bytes.length) }
    if (done < from.bytes.length)
      return { kind: 'storage#rewriteResponse', ...progress, done: false, rewriteToken: String(done) }
    put(to, from.bytes)
    const resource = metadata(existing(to, null))
    return { kind: 'storage#rewriteResponse', ...progress, done: true, resource }
  }

  function answer(request: IncomingMessage, response: ServerResponse): object | undefined {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://gcs')
    if (pathname === `/storage/v1/b/${bucket}`) return bucketResource()
    if (pathname === `/storage/v1/b/${bucket}/iam/testPermissions`)
      return permitted(searchParams.getAll('permissions'))
    const [, name, rest = ''] =
      /^(?:\/download)?\/storage\/v1\/b\/([^/]+)\/o(?:\/(.*))?$/.exec(pathname) ?? []
    if (name !== bucket) throw new Refusal(404, 'The specified bucket does not exist.')
    if (rest === '') return listed(searchParams)
    const [from = '', to] = rest.split(`/rewriteTo/b/${bucket}/o/`).map(decodeURIComponent)
    const object = existing(from, searchParams.get('generation'))
    if (to !== undefined) return rewrite(object, to, searchParams.get('rewriteToken'))
    if (request.method === 'DELETE') {
      remove(from)
      response.writeHead(204).end()
      return undefined
    }
    if (searchParams.get('alt') !== 'media') return metadata(object)
    sendMedia(object, request, response)
    return undefined
  }

  const requests: string[] = []
  const server = createServer((request, response) => {
    request.resume()
    requests.push(`${request.method} ${request.url}`)
    try {
      const body = answer(request, response)
      if (body !== undefined) sendJson(response, 200, body)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { code, message } = error
      sendJson(response, code, { error: { code, message, errors: [{ message, reason: 'refused' }] } })
    }
  })
  server.listen(await freePort(), '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    settings,
    put,
    /** Each request so far, its method and path. */
    requests: requests as readonly string[],
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

class Refusal extends Error {
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const inOrder = (a: Stored, b: Stored) =>
  Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)) || a.generation - b.generation

const crc32c = (bytes: Buffer): string => {
  const sum = new CRC32C()
  sum.update(bytes)
  return sum.toString()
}

function sendJson(response: ServerResponse, status: number, body: object) {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' })
  response.end(JSON.stringify(body))
}
