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

/** Reads the settings of a Redis, of each master of a cluster, and judges them. @throws if it does not answer */
export async function judgeRedis(redis: Redis | Cluster, where: string): Promise<Judgement> {
  const nodes = redis instanceof Cluster ? redis.nodes('master') : [redis]
  const judgements = await Promise.all(nodes.map(async (node) => judge(await read(node), where)))
  const refusal = judgements.find((one) => one.refusal !== undefined)?.refusal
  const warnings = [...new Set(judgements.flatMap((one) => one.warnings))]
  return { ...(refusal !== undefined && { refusal }), warnings }
}

/** What a Redis says of itself: the text of INFO, and its points of saving. Each is absent if this user may not ask. */
interface Told {
  info?: string
  save?: string
}

async function read(node: Redis): Promise<Told> {
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
export function judge({ info, save }: Told, where: string): Judgement {
  if (info === undefined)
    return {
      warnings: [`Redis at ${where} forbids INFO: its version, eviction and persistence are not known`],
    }
  const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]
  const [version, policy] = [field('redis_version'), field('maxmemory_policy')]
  if (version !== undefined && Number.parseInt(version, 10) < OLDEST)
    return {
      refusal: `Redis at ${where} has version ${version}: Tallyman needs ${OLDEST} or later`,
      warnings: [],
    }
  if (policy !== undefined && policy !== 'noeviction')
    return {
      refusal: `Redis at ${where} deletes keys when its memory is full (maxmemory-policy ${policy}), events among them: set maxmemory-policy to noeviction`,
      warnings: [],
    }
  if (field('aof_enabled') !== '0') return { warnings: [] }
  return { warnings: [withoutAof(save, where)] }
}

/** What a Redis without an append-only file may lose. `save`: its points of saving; `undefined` if it does not tell. */
function withoutAof(save: string | undefined, where: string): string {
  if (save === undefined)
    return `Redis at ${where} has no append-only file and forbids CONFIG: whether it keeps anything on disk is not known`
  if (save === '')
    return `Redis at ${where} keeps nothing on disk: when it restarts, accepted events and the index are lost. Set appendonly to yes`
  return `Redis at ${where} writes to disk only now and then (save ${save}): if it crashes, the events accepted since are lost, and nobody notices. Set appendonly to yes`
}
