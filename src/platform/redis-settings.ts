import { Cluster, type Redis } from 'ioredis'

/** What the settings of a Redis mean for Tallyman. */
export interface Judgement {
  /** Why it must not be used; absent if it may be. */
  refusal?: string
  /** What may lose data later. */
  warnings: readonly string[]
}

/** The oldest version whose commands Tallyman uses. */
const OLDEST = 7

/** Something about the settings of a Redis that is not as it should be. */
export interface RedisProblem {
  text: string
  /** What to do, for people. */
  fix: string
  /** Whether it must not be used so. */
  refuses: boolean
}

/** Reads the settings of a Redis, of each master of a cluster, and judges them. @throws if it does not answer */
export async function judgeRedis(redis: Redis | Cluster, where: string): Promise<Judgement> {
  const judgements = (await readSettings(redis)).map((told) => judge(told, where))
  const refusal = judgements.find((one) => one.refusal !== undefined)?.refusal
  const warnings = [...new Set(judgements.flatMap((one) => one.warnings))]
  return { ...(refusal !== undefined && { refusal }), warnings }
}

/** What a Redis says of itself: the text of INFO, and its points of saving. Each is absent if this user may not ask. */
export interface RedisSettings {
  info?: string
  save?: string
}

/** Reads the settings of a Redis, of each master of a cluster. @throws if it does not answer */
export async function readSettings(redis: Redis | Cluster): Promise<RedisSettings[]> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
  return Promise.all(nodes.map(read))
}

async function read(node: Redis): Promise<RedisSettings> {
  const info = await unlessForbidden(node.info())
  const save = await unlessForbidden(node.config('GET', 'save'))
  return {
    ...(info !== undefined && { info: String(info) }),
    ...(Array.isArray(save) && { save: String(save[1] ?? '') }),
  }
}

/** Managed services forbid commands, or do not know them. */
async function unlessForbidden<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof Error && /^(NOPERM|ERR )/.test(error.message)) return undefined
    throw error
  }
}

/** Judges what one server tells. */
export function judge(told: RedisSettings, where: string): Judgement {
  const problem = problemOf(told, where)
  if (problem === undefined) return { warnings: [] }
  return problem.refuses ? { refusal: problem.text, warnings: [] } : { warnings: [problem.text] }
}

/** A field of INFO; `undefined` if it has none of this name. */
export const infoField = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]

/** The worst that is wrong with what one server tells; `undefined` if nothing is. */
export function problemOf({ info, save }: RedisSettings, where: string): RedisProblem | undefined {
  if (info === undefined)
    return {
      text: `Redis at ${where} forbids INFO: its version, eviction and persistence are not known`,
      fix: 'allow the user of redis.url the commands INFO and CONFIG GET, or see to these settings yourself',
      refuses: false,
    }
  const [version, policy] = [infoField(info, 'redis_version'), infoField(info, 'maxmemory_policy')]
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST)
    return {
      text: `Redis at ${where} has version ${version}: Tallyman needs ${OLDEST} or later`,
      fix: `install Redis ${OLDEST} or later, or Valkey, or name another one in redis.url`,
      refuses: true,
    }
  if (policy !== undefined && policy !== 'noeviction')
    return {
      text: `Redis at ${where} deletes keys when its memory is full (maxmemory-policy ${policy}), events among them: set maxmemory-policy to noeviction`,
      fix: 'redis-cli CONFIG SET maxmemory-policy noeviction, and "maxmemory-policy noeviction" in redis.conf',
      refuses: true,
    }
  return infoField(info, 'aof_enabled') === '0' ? withoutAof(save, where) : undefined
}

/** What a Redis without an append-only file may lose. `save`: its points of saving; `undefined` if it does not tell. */
function withoutAof(save: string | undefined, where: string): RedisProblem {
  const fix = 'redis-cli CONFIG SET appendonly yes, and "appendonly yes" in redis.conf'
  return { text: whatIsLost(save, where), fix, refuses: false }
}

function whatIsLost(save: string | undefined, where: string): string {
  if (save === undefined)
    return `Redis at ${where} has no append-only file and forbids CONFIG: whether it keeps anything on disk is not known`
  if (save === '')
    return `Redis at ${where} keeps nothing on disk: when it restarts, accepted events and the index are lost. Set appendonly to yes`
  return `Redis at ${where} writes to disk only now and then (save ${save}): if it crashes, the events accepted since are lost, and nobody notices. Set appendonly to yes`
}
