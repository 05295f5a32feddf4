import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, Redis } from 'ioredis'
import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { ObjectStore } from './object-store.ts'

/** The object that says which store this is. A copy of a store, or its backup, has it, too. */
const KEY = 'identity.json'

const Identity = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f-]{36}$' }),
  /** RFC 3339 */
  since: Type.String(),
})
const identity = Compile(Identity)

/** How long a second look waits: two processes may give an empty store its identity at once. In ms. */
const SECOND_LOOK_MS = 1_000

/**
 * `known`: the store is the one that Redis knows. `lost`: Redis knows a store, and this one is empty of it. `another`: it is
 * another store than Redis knows.
 */
export const StoreState = Type.Enum(['known', 'lost', 'another'])
export type StoreState = Static<typeof StoreState>

export interface StoreIdentity {
  /** Looks at the store and at Redis. The first look at both makes them known to each other. @throws errors of both */
  state(): Promise<StoreState>
  /** From now on the store is the known one, with what it holds. */
  accept(): Promise<void>
}

/**
 * Notices that the store was lost or replaced. Redis keeps the id of the store that it was used with. A store that is lost looks
 * like one in which nobody has kept an image, and no copy was ever made.
 */
export function makeStoreIdentity(deps: {
  store: Pick<ObjectStore, 'get' | 'put'>
  redis: Redis | Cluster
  prefix: string
  secondLookMs?: number
}): StoreIdentity {
  const { store, redis } = deps
  const key = `${deps.prefix}:store`

  async function found(): Promise<string | undefined> {
    const body = (await store.get(KEY))?.toString()
    if (body === undefined) return undefined
    const value: unknown = parse(body)
    // What cannot be read is none that Redis knows.
    return identity.Check(value) ? value.id : 'unreadable'
  }

  const name = (id: string) => store.put(KEY, JSON.stringify({ id, since: new Date().toISOString() }))

  /** What this process has known: Redis may lose it, and the store right after that. */
  let remembered: string | undefined

  /** The id that Redis knows. If Redis has lost it, it is told what this process knows. */
  async function knownId(): Promise<string | null> {
    const known = await redis.get(key)
    if (known !== null || remembered === undefined) return known
    return (await redis.set(key, remembered, 'NX', 'GET')) ?? remembered
  }

  /** Of several processes at once, Redis says whose id it is. */
  async function meet(id: string | undefined): Promise<StoreState> {
    const own = id ?? randomUUID()
    if (id === undefined) await name(own)
    const known = (await redis.set(key, own, 'NX', 'GET')) ?? own
    if (known !== own && id !== undefined) return 'another'
    if (known !== own) await name(known)
    remembered = known
    return 'known'
  }

  async function look(): Promise<StoreState> {
    const known = await knownId()
    const id = await found()
    if (known === null) return meet(id)
    if (id !== known) return id === undefined ? 'lost' : 'another'
    remembered = known
    return 'known'
  }

  return {
    async state() {
      if ((await look()) === 'known') return 'known'
      await sleep(deps.secondLookMs ?? SECOND_LOOK_MS)
      return look()
    },
    async accept() {
      const id = await found()
      const accepted = id === undefined || id === 'unreadable' ? randomUUID() : id
      if (accepted !== id) await name(accepted)
      await redis.set(key, accepted)
      remembered = accepted
    },
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const WHAT = {
  lost: 'the store has lost its data, or is another, empty one',
  another: 'the store is another one than before',
}

/** Why nothing may be deleted; `undefined` for the known store. */
export const storeDoubt = (state: StoreState): string | undefined =>
  state === 'known'
    ? undefined
    : `${WHAT[state]}: what people keep, announcements and the trash are missing. Restore its backup, or accept it as it is: tallyman store accept`
