import type { Cluster, Redis } from 'ioredis'
import { type Static, Type } from 'typebox'
import { makeMoveField } from '../platform/move-field.ts'

const orNull = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

/** The alerts of a project are not sent for a time. */
export const Snooze = Type.Object({
  project: Type.String({ description: 'The project, `registry/path`.' }),
  since: Type.String({ description: 'When it was asked for, RFC 3339.' }),
  until: Type.String({ description: 'When it ends, RFC 3339.' }),
  by: orNull('Who asked for it, by their own word. Null if it is not known.'),
  why: orNull('Why, by their own word. Null if they gave no reason.'),
})
export type Snooze = Static<typeof Snooze>

export type Snoozes = ReturnType<typeof makeSnoozes>

/** How long after its end a snooze is forgotten, in ms. */
const OLD_MS = 86_400_000

/** Projects whose alerts are not sent, in Redis. A project has one snooze: a new one replaces it. */
export function makeSnoozes({
  redis,
  prefix,
  now = Date.now,
}: {
  redis: Redis | Cluster
  prefix: string
  /** epoch ms */
  now?: () => number
}) {
  const key = `${prefix}:{alerts}:snoozes`
  const isInForce = ({ until }: Snooze) => Date.parse(until) > now()
  const isOld = ({ until }: Snooze) => Date.parse(until) < now() - OLD_MS
  const moveField = makeMoveField(redis)
  // The project may have got another name since.
  const snoozeFrom = (project: string, json: string): Snooze => ({ ...JSON.parse(json), project })
  const all = async (): Promise<Snooze[]> =>
    Object.entries(await redis.hgetall(key)).map(([project, json]) => snoozeFrom(project, json))

  return {
    async add({ project, by, why }: Pick<Snooze, 'project' | 'by' | 'why'>, forMs: number): Promise<Snooze> {
      const [since = '', until = ''] = [now(), now() + forMs].map((ms) => new Date(ms).toISOString())
      const snooze = { project, since, until, by, why }
      const old = (await all()).filter(isOld)
      if (old.length > 0) await redis.hdel(key, ...old.map((one) => one.project))
      await redis.hset(key, project, JSON.stringify(snooze))
      return snooze
    },

    /** Adds one of a snapshot, unless it has ended, or there is another one. */
    async restore(snooze: Snooze): Promise<void> {
      if (isInForce(snooze)) await redis.hsetnx(key, snooze.project, JSON.stringify(snooze))
    },

    /** Ends a snooze, and gives it; `undefined` if there is none. */
    async remove(project: string): Promise<Snooze | undefined> {
      const json = await redis.hget(key, project)
      if (json === null) return undefined
      await redis.hdel(key, project)
      const snooze = snoozeFrom(project, json)
      return isInForce(snooze) ? snooze : undefined
    },

    /** Gives the snooze of a project to another one, unless that has one. */
    move: (from: string, to: string): Promise<void> => moveField(key, from, to),

    /** Those in force, by project. */
    async list(): Promise<Snooze[]> {
      return (await all()).filter(isInForce).sort((a, b) => (a.project < b.project ? -1 : 1))
    },
  }
}
