import pMap from 'p-map'
import { isObject } from '../registry/descriptor.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { encodePath, type SwiftClient } from './swift-client.ts'
import type { SwiftContainer } from './swift-container.ts'

/** Objects in a request. The cluster may allow fewer; 10,000 by default, for which some take longer than a proxy waits. */
const DELETED_AT_ONCE = 1_000
const SINGLE_DELETES = { concurrency: 16 }
const ANSWER_LIMIT = 16 * 1024 * 1024

/**
 * Deletes objects of a container by their names, in bulk if `/info` says that the cluster can. Of a large object, its
 * segments stay. One that is not there is no error.
 */
export function makeBulkDelete(client: SwiftClient, { container, remove, beThere }: SwiftContainer) {
  let most: Promise<number> | undefined

  /** Objects that a request may delete; 0 if there is no bulk delete. */
  async function askInfo(): Promise<number> {
    const request = { method: 'GET' as const, subject: '/info of Swift', path: infoUrl }
    const info = await client.send({ ...request, statuses: [200, 401, 403, 404, 405] }, async (answer) => {
      if (answer.status === 200) return answer.json(ANSWER_LIMIT)
      await answer.discard()
      return {}
    })
    if (!isObject(info.bulk_delete)) return 0
    const limit = Number(info.bulk_delete.max_deletes_per_request ?? DELETED_AT_ONCE)
    return Math.min(Math.max(limit, 0), DELETED_AT_ONCE)
  }

  /** @returns how many were not there */
  async function inBulk(names: readonly string[]): Promise<number> {
    const body = names.map((name) => `${encodeURIComponent(container)}/${encodePath(name)}\n`).join('')
    const request = {
      method: 'POST' as const,
      subject: `the delete of ${names.length} objects`,
      path: (url: string) => url,
    }
    const headers = { 'content-type': 'text/plain', accept: 'application/json' }
    return client.send(
      { ...request, query: { 'bulk-delete': '' }, headers, body, statuses: [200] },
      async (answer) => {
        // It always answers 200, before it has deleted anything.
        const result = await answer.json(ANSWER_LIMIT)
        const [code = '', ...text] = String(result['Response Status'] ?? '').split(' ')
        const errors = Array.isArray(result.Errors) ? result.Errors : []
        const failed = errors.filter(
          (error) => !/^404\b/.test(String(Array.isArray(error) ? error[1] : error)),
        )
        if (failed.length === 0 && (code === '200' || code === '404' || errors.length > 0))
          return Number(result['Number Not Found'] ?? 0)
        const [first] = failed
        throw new RegistryError({
          ...answer.label,
          reason:
            first === undefined
              ? text.join(' ')
              : `${failed.length} were not deleted; the first: ${String(first)}`,
          ...(Number(code) > 0 && { status: Number(code) }),
          retry:
            /^5/.test(code) ||
            failed.some((error) => /^5/.test(String(Array.isArray(error) ? error[1] : ''))),
        })
      },
    )
  }

  return async (names: readonly string[]): Promise<void> => {
    if (names.length === 0) return
    most ??= askInfo()
    const atOnce = await most.catch((error) => {
      most = undefined
      throw error
    })
    if (atOnce === 0) return void (await pMap(names, remove, SINGLE_DELETES))
    for (let from = 0; from < names.length; from += atOnce)
      // A container that is missing looks like objects that are.
      if ((await inBulk(names.slice(from, from + atOnce))) > 0) await beThere()
  }
}

/** `/info` stands where the API's version does: `https://host/v1/AUTH_a` has `https://host/info`. */
const infoUrl = (account: string): string => account.replace(/\/v1(\.0)?(\/[^/]*)?$/, '/info')
