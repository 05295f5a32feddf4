import { setTimeout as sleep } from 'node:timers/promises'
import { pMapIterable, pMapSkip } from 'p-map'
import { shareFor } from '../platform/share-for.ts'
import type { Answer } from '../registry/answer.ts'
import { isObject } from '../registry/descriptor.ts'
import { parseJson } from '../registry/json.ts'
import { encodePath, headersOf, type SwiftClient } from './swift-client.ts'

/** An object as a listing of Swift tells it. */
export interface SwiftEntry {
  name: string
  /** Bytes: 0 for a dynamic large object, all of them for a static one. */
  bytes: number
  modifiedAt: Date
  contentType: string
  /** Whether it is a static large object. Older servers do not tell. */
  isStatic: boolean
  /** Only in a listing of versions. */
  version?: { id: string; isLatest: boolean }
}

export interface SwiftObject {
  name: string
  /** Bytes that a reader gets. */
  size: number
  modifiedAt: Date
  /** `container/prefix`, if it is a dynamic large object: its segments are all objects with this prefix. */
  manifest?: string
}

/** A page has 10,000 names of 1024 bytes at most. */
const PAGE_LIMIT = 64 * 1024 * 1024
const HEADS = { concurrency: 16, backpressure: 32 }
/** How long a container that was there is taken to be there, in ms. */
const THERE_MS = 60_000
/** Pauses before it is asked again for a large object of which no listing shows a segment yet, in ms. */
const UNTIL_LISTED = [200, 400, 800]

/** A container by the names of its objects. @throws RegistryError, also if the container is not there */
export function makeSwiftContainer(client: SwiftClient, container: string) {
  const here = encodeURIComponent(container)
  const subjectOf = (name: string) => `the object ${name} in the container ${container}`
  const pathOf = (name: string) => `${here}/${encodePath(name)}`

  /** Not HEAD: Swift 2.30 sends a chunk after its answer to that, so the next answer on the connection cannot be read. */
  const headers = () =>
    client.send(
      {
        ...{ method: 'GET', subject: `the container ${container}`, path: here, statuses: [200, 204] },
        query: { format: 'json', limit: '1' },
      },
      headersOf,
    )
  /** Swift answers 404 both for an object and for a container that is not there. */
  const beThere = shareFor(THERE_MS, headers)
  async function undefinedIfThere(): Promise<undefined> {
    await beThere()
  }

  async function page(query: Record<string, string>): Promise<Record<string, unknown>[]> {
    const subject = `the list of the container ${container}`
    const request = { method: 'GET' as const, subject, path: here, query: { format: 'json', ...query } }
    return client.send({ ...request, statuses: [200, 204] }, async (answer) => {
      const bytes = await answer.bytes(PAGE_LIMIT)
      const list = answer.status === 204 ? [] : parseJson(bytes)
      if (Array.isArray(list) && list.every(isObject)) return list
      throw answer.error('the list is no JSON list of objects')
    })
  }

  /** Ends with the first page that is empty: a cluster may give shorter pages than it says. */
  async function* pages(query: Record<string, string>) {
    const seen = new Set<string>()
    for (let marks: Record<string, string> = {}; ; ) {
      const entries = await page({ ...query, ...marks })
      const last = entries.at(-1)
      if (last === undefined) return
      const marker = String(last.name ?? last.subdir ?? '')
      const version = query.versions === undefined ? {} : { version_marker: String(last.version_id ?? '') }
      marks = { marker, ...version }
      const place = JSON.stringify(marks)
      if (seen.has(place))
        throw client.error(`GET the list of the container ${container}`, 'the same page again')
      seen.add(place)
      yield entries
    }
  }

  async function* entries(
    prefix: string,
    query: { marker?: string; versions?: string } = {},
  ): AsyncGenerator<SwiftEntry> {
    const { marker, ...rest } = query
    const first = marker === undefined ? {} : { marker }
    for await (const found of pages({ ...rest, prefix, ...first }))
      for (const entry of found) if (typeof entry.name === 'string') yield entryOf(entry.name, entry)
  }

  async function head(name: string, query: Record<string, string> = {}): Promise<SwiftObject | undefined> {
    const request = { method: 'HEAD' as const, subject: subjectOf(name), path: pathOf(name), query }
    const answer = await client.send({ ...request, statuses: [200, 204, 404] }, headersOf)
    if (answer.status === 404) return undefinedIfThere()
    const manifest = answer.header('x-object-manifest')
    const length = answer.header('content-length')
    // Swift tells no length of an object with more segments than a page of a listing has.
    const size =
      length === undefined && manifest !== undefined ? await segmentBytes(manifest) : Number(length ?? 0)
    return { name, size, modifiedAt: modifiedAt(answer), ...(manifest !== undefined && { manifest }) }
  }

  async function segmentBytes(manifest: string): Promise<number> {
    const [of, prefix] = splitManifest(manifest)
    let sum = 0
    const other = of === container ? { entries } : makeSwiftContainer(client, of)
    for await (const { bytes } of other.entries(prefix)) sum += bytes
    return sum
  }

  /** Waits for a large object whose segments no listing shows yet, as distribution's driver does, but shorter. */
  async function headListed(name: string): Promise<SwiftObject | undefined> {
    let found = await head(name)
    for (const pause of UNTIL_LISTED) {
      if (found?.manifest === undefined || found.size > 0) break
      await sleep(pause)
      found = await head(name)
    }
    return found
  }

  return {
    container,
    headers,
    /** @throws if the container is not there */
    beThere,
    entries,
    head: headListed,
    /** The names of what stands before the next '/' after `prefix`, with that. */
    async subfolders(prefix: string): Promise<string[]> {
      const names: string[] = []
      for await (const found of pages({ prefix, delimiter: '/' }))
        for (const { subdir } of found)
          if (typeof subdir === 'string' && subdir.length > prefix.length + 1)
            names.push(subdir.slice(prefix.length))
      return names
    },
    /** The same with the sizes that a reader gets. What a listing still shows and is gone is left out. */
    sized: (all: AsyncIterable<SwiftEntry>): AsyncIterable<SwiftObject> =>
      pMapIterable(
        all,
        async ({ name, bytes, modifiedAt }) =>
          bytes > 0 ? { name, size: bytes, modifiedAt } : ((await head(name)) ?? pMapSkip),
        HEADS,
      ),
    /** The `container/prefix` of all dynamic large objects among these, and the `container/object` that static ones name. */
    namedBy: (all: AsyncIterable<SwiftEntry>): AsyncIterable<string[]> =>
      pMapIterable(
        all,
        async ({ name, bytes, isStatic }) => {
          if (isStatic) return segmentsOfStatic(name)
          const manifest =
            bytes > 0 ? undefined : (await head(name, { 'multipart-manifest': 'get' }))?.manifest
          return manifest === undefined ? pMapSkip : [manifest]
        },
        HEADS,
      ),
    /** @returns undefined if it is not there; the caller must consume its body */
    async get(name: string): Promise<Answer | undefined> {
      const request = { method: 'GET' as const, subject: subjectOf(name), path: pathOf(name) }
      const answer = await client.send({ ...request, statuses: [200, 404] }, async (got) => got)
      if (answer.status !== 404) return answer
      await answer.discard()
      return undefinedIfThere()
    },
    /** A copy of a large object is an object on the same segments. @returns whether `from` is there */
    async copy(from: string, to: string): Promise<boolean> {
      const request = { method: 'PUT' as const, subject: subjectOf(to), path: pathOf(to) }
      const query = { 'multipart-manifest': 'get' }
      const answer = await client.send(
        {
          ...request,
          query,
          headers: { 'x-copy-from': `/${pathOf(from)}`, 'content-length': '0' },
          statuses: [201, 404],
        },
        headersOf,
      )
      if (answer.status === 404) await beThere()
      return answer.status === 201
    },
    async remove(name: string): Promise<void> {
      const request = { method: 'DELETE' as const, subject: subjectOf(name), path: pathOf(name) }
      const answer = await client.send({ ...request, statuses: [200, 204, 404] }, headersOf)
      if (answer.status === 404) await beThere()
    },
  }

  async function segmentsOfStatic(name: string): Promise<string[]> {
    const request = { method: 'GET' as const, subject: subjectOf(name), path: pathOf(name) }
    return client.send(
      { ...request, query: { 'multipart-manifest': 'get' }, statuses: [200, 404] },
      async (answer) => {
        const bytes = await answer.bytes(PAGE_LIMIT)
        const list = answer.status === 404 ? [] : parseJson(bytes)
        if (!Array.isArray(list)) throw answer.error('the manifest of a static large object is no JSON list')
        return list.filter(isObject).map((segment) => String(segment.name ?? '').replace(/^\//, ''))
      },
    )
  }
}
export type SwiftContainer = ReturnType<typeof makeSwiftContainer>

/** Container and prefix of an `X-Object-Manifest`, which may be encoded as in a URL. */
export function splitManifest(manifest: string): [container: string, prefix: string] {
  const slash = manifest.indexOf('/')
  return [decoded(manifest.slice(0, slash)), decoded(manifest.slice(slash + 1))]
}

export function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function entryOf(name: string, entry: Record<string, unknown>): SwiftEntry {
  const { bytes, last_modified, content_type, slo_etag, version_id, is_latest } = entry
  // Swift leaves out the zone; the RADOS Gateway tells it.
  const time = String(last_modified).replace(/Z?$/, 'Z')
  return {
    ...{ name, bytes: Number(bytes ?? 0), modifiedAt: new Date(time), isStatic: slo_etag !== undefined },
    contentType: String(content_type ?? ''),
    ...(version_id !== undefined && { version: { id: String(version_id), isLatest: is_latest === true } }),
  }
}

/** `X-Timestamp` is exact, `Last-Modified` is rounded up to a second. */
function modifiedAt(answer: Answer): Date {
  const [, seconds, fraction = ''] = /^(\d+)(?:\.(\d*))?$/.exec(answer.header('x-timestamp') ?? '') ?? []
  return seconds === undefined
    ? new Date(answer.header('last-modified') ?? 0)
    : new Date(Number(seconds) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3)))
}
