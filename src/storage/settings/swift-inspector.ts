import type { Answer } from '../../registry/answer.ts'
import { RegistryError } from '../../registry/registry-error.ts'
import { encodePath, headersOf, makeSwiftClient } from '../swift-client.ts'
import { decoded, makeSwiftContainer } from '../swift-container.ts'
import type { SwiftStorageOptions } from '../swift-storage.ts'
import { versioningOf } from '../swift-versions.ts'
import { findRoots } from './find-roots.ts'
import { NOBODYS_KEY, type StorageInspector, type StorageSettings, told } from './storage-settings.ts'

/** The answer to an object whose MD5 is not the announced one. */
const WRONG_MD5 = 422

/** Asks a container of Swift: what it is set to is in the headers of its answers. */
export function makeSwiftInspector({
  container: name,
  prefix,
  ...connection
}: SwiftStorageOptions): StorageInspector {
  const client = makeSwiftClient(connection)
  const container = makeSwiftContainer(client, name)
  const root = `${`${prefix}/`.replace(/^\/+/, '')}files/`
  const request = (key: string) => ({
    subject: `the object ${key} in the container ${name}`,
    path: `${encodeURIComponent(name)}/${encodePath(key)}`,
  })
  const statusOf = (answer: Answer) => headersOf(answer).then(({ status }) => status)

  /** An object whose MD5 is announced wrong is not stored. The login is checked before that. */
  async function mayWrite(): Promise<boolean> {
    const headers = { etag: '0'.repeat(32), 'content-length': '1' }
    const status = await client.send(
      {
        ...{ ...request(root + NOBODYS_KEY()), method: 'PUT', headers, body: Buffer.from('x') },
        statuses: [403, WRONG_MD5],
      },
      statusOf,
    )
    return status === WRONG_MD5
  }

  async function mayDelete(): Promise<boolean> {
    const status = await client.send(
      { ...request(root + NOBODYS_KEY()), method: 'DELETE', statuses: [204, 403, 404] },
      statusOf,
    )
    return status !== 403
  }

  return {
    root,
    async settings() {
      const headers = await told(() => container.headers(), ifForbidden)
      if ('unknown' in headers) return { may: { list: headers } }
      const answer = headers.value
      if (answer === undefined) return { may: { list: { value: false } } }
      const ours = Date.now()
      const theirs = Date.parse(answer.header('date') ?? '')
      const to = answer.header('x-container-sync-to')
      const versioning = await told(async () =>
        (await versioningOf(container)) === undefined ? ('off' as const) : ('on' as const),
      )
      const isVersioned = !('value' in versioning && versioning.value === 'off')
      const settings: StorageSettings = {
        versioning,
        replication: {
          value: to === undefined ? [] : [{ to: decoded(to), prefixes: [''], passesDeletes: true }],
        },
        space: { value: quotaOf(answer) },
        may: {
          list: { value: true },
          write: await told(mayWrite),
          delete: isVersioned
            ? { unknown: 'not tried: a container with versions would keep a mark of the delete' }
            : await told(mayDelete),
        },
      }
      return Number.isNaN(theirs) ? settings : { ...settings, clock: { value: { theirs, ours } } }
    },
    async look(key) {
      const answer = await client.send(
        { ...request(root + key), method: 'HEAD', statuses: [200, 204, 404] },
        headersOf,
      )
      if (answer.status === 404) return undefined
      const at = Number(answer.header('x-delete-at'))
      return {
        ...{ key, modifiedAt: new Date(answer.header('last-modified') ?? 0) },
        ...(at > 0 && { expires: `${new Date(at * 1000).toISOString()} (X-Delete-At)` }),
      }
    },
    elsewhere: async () =>
      (await findRoots(container.subfolders))
        .filter((found) => /(^|\/)files\/$/.test(found))
        .map((found) => `prefix: '${found.replace(/\/?files\/$/, '')}'`),
  }
}

/** Of the middleware `container_quotas`. */
function quotaOf(answer: Answer): { freeBytes: number; bytes: number } | undefined {
  const bytes = Number(answer.header('x-container-meta-quota-bytes'))
  if (!(bytes > 0)) return undefined
  const used = Number(answer.header('x-container-bytes-used') ?? 0)
  return { freeBytes: Math.max(0, bytes - used), bytes }
}

const ifForbidden = (error: unknown): { value: undefined } | undefined =>
  error instanceof RegistryError && error.status === 403 ? { value: undefined } : undefined
