import { randomUUID } from 'node:crypto'
import type { SwiftStorageOptions } from '../../src/storage/swift-storage.ts'
import { makeSwiftStorage } from '../../src/storage/swift-storage.ts'

/** Bytes of a segment that the bed writes: small, so that small objects are large ones. */
const SEGMENT = 1024 * 1024

type Login = Pick<SwiftStorageOptions, 'authUrl' | 'username' | 'password'>

/** A raw client of Swift with auth version 1, which writes as distribution's driver does. */
export async function startSwiftBed(login: Login, container: string) {
  const { headers } = await fetch(login.authUrl, {
    headers: { 'x-auth-user': login.username ?? '', 'x-auth-key': login.password ?? '' },
  })
  const account = headers.get('x-storage-url') ?? ''
  const token = headers.get('x-auth-token') ?? ''

  /** `path`: below the account, encoded. @throws unless it is answered 2xx */
  async function send(
    method: string,
    path: string,
    { body, headers = {} }: { body?: Buffer; headers?: Record<string, string> } = {},
  ) {
    const answer = await fetch(`${account}/${path}`, {
      ...{
        method,
        headers: { 'x-auth-token': token, 'content-type': 'application/octet-stream', ...headers },
      },
      ...(body && { body: new Uint8Array(body) }),
    })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  await send('PUT', container)

  const encoded = (name: string) => `${container}/${name.split('/').map(encodeURIComponent).join('/')}`
  async function manifest(name: string, segments: string) {
    const headers = { 'x-object-manifest': `${container}/${segments}` }
    await send('PUT', encoded(name), { headers, body: Buffer.alloc(0) })
  }

  /** Writes at a prefix of its own. */
  function at(prefix: string) {
    async function segment(folder: string, number: number, body: Buffer) {
      const name = `segments/${folder}/${String(number).padStart(16, '0')}`
      await send('PUT', encoded(`${prefix}/${name}`), { body })
      return name
    }
    return {
      prefix,
      storage: makeSwiftStorage({
        ...{ registry: 'lab', authVersion: 1, endpointType: 'public', ...login },
        ...{ container, prefix },
      }),
      segment,
      /** Makes a large object of the segments in a folder. */
      manifest: (key: string, folder: string) =>
        manifest(`${prefix}/files/${key}`, `${prefix}/segments/${folder}`),
      /** A short object as it is, a longer one in segments. @returns the folder of its segments */
      async put(key: string, body: Buffer) {
        if (body.length <= SEGMENT)
          return void (await send('PUT', encoded(`${prefix}/files/${key}`), { body }))
        const folder = `abc/${randomUUID()}`
        for (let from = 0; from < body.length; from += SEGMENT)
          await segment(folder, 1 + from / SEGMENT, body.subarray(from, from + SEGMENT))
        await manifest(`${prefix}/files/${key}`, `${prefix}/segments/${folder}`)
      },
    }
  }

  return {
    login,
    container,
    send,
    encoded,
    at,
    /** An empty storage at a prefix of its own. */
    open: () => at(randomUUID()),
    /** Bytes of all objects whose name starts with `prefix`, and their names, as Swift lists them. */
    async disk(prefix: string) {
      const answer = await send('GET', `${container}?format=json&prefix=${encodeURIComponent(prefix)}`)
      const list = (await answer.json()) as { name: string; bytes: number }[]
      return { names: list.map(({ name }) => name), bytes: list.reduce((sum, { bytes }) => sum + bytes, 0) }
    },
  }
}
export type SwiftBed = Awaited<ReturnType<typeof startSwiftBed>>
