import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type HookedRegistry, startHookedRegistry } from '../../lab/hooked-registry.ts'
import { makeImage } from '../../lab/image.ts'
import { pushImage, upload } from '../../lab/push-image.ts'
import { ADMIN_TOKEN, eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import type { CollectionRun } from '../../src/collection/collection-run.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'

/** Bytes of the garbage that `fillWithGarbage` makes, and how many blobs that is. */
export const GARBAGE = { blobs: 2, bytes: 21_000 }

/** An image that stays, and blobs that nothing names. */
export async function fillWithGarbage({ url }: Pick<HookedRegistry, 'url'>): Promise<void> {
  const client = makeRegistryClient({ name: 'ci', url })
  try {
    const image = makeImage({ layers: [{ seed: 'a', bytes: 50_000 }], label: 'v1' })
    await pushImage(client, 'team/app', 'v1', image)
    await upload(client, 'team/app', randomBytes(12_000))
    await upload(client, 'team/tool', randomBytes(9_000))
  } finally {
    await client.close()
  }
}

/** What the configuration of Tallyman has of such a registry. */
export const configOf = (registry: HookedRegistry, gc: object = {}) => ({
  url: registry.url,
  token: WEBHOOK_TOKEN,
  storage: { type: 'folder', path: registry.storage },
  gc: { hooks: registry.hooks, idle: '1ms', ...gc },
})

/** Talks to the API of a service at `base`. */
export function collectionApi(base: string) {
  const path = `${base}/v1/registries/ci/collections`
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' }
  async function ask<T>(at: string, body?: object): Promise<T> {
    const answer = await fetch(at, { headers, ...(body && { method: 'POST', body: JSON.stringify(body) }) })
    if (!answer.ok) throw new Error(`${at}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const get = (id: string) => ask<CollectionRun>(`${path}/${id}`)
  return {
    get,
    ask,
    path,
    begin: async (body: object = {}): Promise<string> =>
      (await ask<{ collection: string }>(path, body)).collection,
    stop: () => ask<{ stopped: string[] }>(`${path}/stop`, {}),
    ended: (id: string) =>
      eventually(
        () => get(id),
        ({ endedAt }) => endedAt !== null,
      ),
    inPhase: (id: string, phase: string) =>
      eventually(
        () => get(id),
        (run) => run.phase === phase,
      ),
    list: async () => (await ask<{ collections: CollectionRun[] }>(path)).collections,
    alerts: async () =>
      (await ask<{ alerts: { event: string; text: string }[] }>(`${base}/v1/alerts`)).alerts,
  }
}

/** Asks a registry every few ms whether a client may push, until it is ended. Gives how long pushes were refused, in ms. */
export function watchPushes(registry: Pick<HookedRegistry, 'takesPushes'>) {
  let isOver = false
  let first: number | undefined
  let last: number | undefined
  const watching = (async () => {
    while (!isOver) {
      const at = Date.now()
      if ((await registry.takesPushes()) !== true) {
        first ??= at
        last = Date.now()
      }
      await sleep(20)
    }
  })()
  return async (): Promise<number> => {
    isOver = true
    await watching
    return first === undefined || last === undefined ? 0 : last - first
  }
}

export { startHookedRegistry }
