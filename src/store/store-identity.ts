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
  /** How often something was written that must not be lost unnoticed. A backup from before has less. */
  changes: Type.Optional(Type.Integer({ minimum: 0 })),
})
type Identity = Static<typeof Identity>
const identity = Compile(Identity)

/** How long a second look waits: two processes may give an empty store its identity at once. In ms. */
const SECOND_LOOK_MS = 1_000

/**
 * `known`: the store is the one that Redis knows. `lost`: Redis knows a store, and this one is empty of it. `another`: it is
 * another store than Redis knows. `older`: it is a copy from before people asked to keep images.
 */
export const StoreState = Type.Enum(['known', 'lost', 'another', 'older'])
export type StoreState = Static<typeof StoreState>

export interface StoreIdentity {
  /** Looks at the store and at Redis. The first look at both makes them known to each other. @throws errors of both */
  state(): Promise<StoreState>
  /** From now on the store is the known one, with what it holds. */
  accept(): Promise<void>
  /** Since when the store is in use, epoch ms; `undefined` if it does not know. @throws errors of the store */
  since(): Promise<number | undefined>
  /** To be called after something was written that must not be lost unnoticed. @throws errors of the store and of Redis */
  noteChange(): Promise<void>
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
  const changesKey = `${deps.prefix}:store-changes`

  async function found(): Promise<Identity | 'unreadable' | undefined> {
    const body = (await store.get(KEY))?.toString()
    if (body === undefined) return undefined
    const value: unknown = parse(body)
    // What cannot be read is none that Redis knows.
    return identity.Check(value) ? value : 'unreadable'
  }

  const write = (one: Identity) => store.put(KEY, JSON.stringify(one))
  const name = (id: string) => write({ id, since: new Date().toISOString() })

  /** What this process has known: Redis may lose it, and the store right after that. */
  let remembered: string | undefined
  let rememberedChanges = 0

  /** How many changes the store had at least. */
  async function knownChanges(): Promise<number> {
    rememberedChanges = Math.max(rememberedChanges, Number((await redis.get(changesKey)) ?? 0))
    return rememberedChanges
  }

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
    const one = await found()
    const id = typeof one === 'object' ? one.id : one
    if (known === null) return meet(id)
    if (id !== known) return id === undefined ? 'lost' : 'another'
    remembered = known
    const changes = typeof one === 'object' ? (one.changes ?? 0) : 0
    return changes < (await knownChanges()) ? 'older' : 'known'
  }

  return {
    async state() {
      if ((await look()) === 'known') return 'known'
      await sleep(deps.secondLookMs ?? SECOND_LOOK_MS)
      return look()
    },
    async accept() {
      const one = await found()
      const accepted = typeof one === 'object' ? one.id : randomUUID()
      if (typeof one !== 'object') await name(accepted)
      await redis.set(key, accepted)
      remembered = accepted
      rememberedChanges = typeof one === 'object' ? (one.changes ?? 0) : 0
      await redis.set(changesKey, rememberedChanges)
    },
    async since() {
      const one = await found()
      const since = typeof one === 'object' ? Date.parse(one.since) : Number.NaN
      return Number.isNaN(since) ? undefined : since
    },
    async noteChange() {
      const one = await found()
      if (typeof one !== 'object' || (await look()) !== 'known') return
      const changes = Math.max(one.changes ?? 0, await knownChanges()) + 1
      // The store first: if this process dies in between, the store has more than Redis knows, and that is nothing.
      await write({ ...one, changes })
      await redis.set(changesKey, changes)
      rememberedChanges = changes
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
  older: 'the store is an older copy of itself',
}

/** Why nothing may be deleted; `undefined` for the known store. */
export const storeDoubt = (state: StoreState): string | undefined =>
  state === 'known'
    ? undefined
    : `${WHAT[state]}: what people keep, announcements and the trash are missing${state === 'older' ? ' since then' : ''}. Restore its backup, or accept it as it is: tallyman store accept`
