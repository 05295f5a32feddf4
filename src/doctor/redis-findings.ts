import { infoField, problemOf, type RedisSettings } from '../platform/redis-settings.ts'
import { formatSize } from '../platform/units.ts'
import type { Found } from './finding.ts'

/** From this share of its memory on, Redis is close to refusing writes. */
const NEARLY_FULL = 0.8

/** What there is to say of a Redis by what it tells of itself. */
export function redisFindings(told: RedisSettings, where: string): Found[] {
  const problem = problemOf(told, where)
  const info = told.info ?? ''
  const findings: Found[] = problem
    ? [{ level: problem.refuses ? 'error' : 'warning', what: problem.text, fix: problem.fix }]
    : [{ level: 'ok', what: summaryOf(info, where) }]
  if (infoField(info, 'role') === 'slave')
    findings.push({
      level: 'error',
      what: `Redis at ${where} is a replica: it refuses writes`,
      fix: 'name the master in redis.url, or the sentinels: redis+sentinel://…',
    })
  return [...findings, ...diskFindings(info, where), ...memoryFindings(info, where)]
}

function summaryOf(info: string, where: string): string {
  const version = infoField(info, 'valkey_version') ?? infoField(info, 'redis_version')
  const name = infoField(info, 'server_name') === 'valkey' ? 'Valkey' : 'Redis'
  return `${name} ${version} at ${where} keeps all data: noeviction, append-only file, ${memoryOf(info).text}`
}

const FAILED = [
  ['aof_last_write_status', 'to its append-only file'],
  ['rdb_last_bgsave_status', 'its snapshot'],
] as const

const diskFindings = (info: string, where: string): Found[] =>
  FAILED.filter(([field]) => infoField(info, field) === 'err').map(([, what]) => ({
    level: 'error',
    what: `Redis at ${where} cannot write ${what}`,
    why: 'it refuses writes until it can: registries get 503, and nothing is counted',
    fix: 'see its log: mostly its disk is full, or the folder is not its own',
  }))

function memoryFindings(info: string, where: string): Found[] {
  const { share, text } = memoryOf(info)
  if (share < NEARLY_FULL) return []
  return [
    {
      level: share < 0.95 ? 'warning' : 'error',
      what: `Redis at ${where} is nearly full: ${text}`,
      why: 'once it is full it refuses writes: registries get 503, and nothing is counted',
      fix: 'raise maxmemory, or give it more memory; tallyman jobs shows what waits in it',
    },
  ]
}

/** How much of its memory it uses: of `maxmemory`, or of its host if there is none. */
function memoryOf(info: string): { share: number; text: string } {
  const bytes = (field: string) => Number(infoField(info, field) ?? 0)
  const used = bytes('used_memory')
  const limit = bytes('maxmemory') || bytes('total_system_memory')
  const of = bytes('maxmemory') > 0 ? 'maxmemory' : 'the memory of its host'
  if (limit === 0) return { share: 0, text: `${formatSize(used)} used` }
  return { share: used / limit, text: `${formatSize(used)} of ${formatSize(limit)} (${of}) used` }
}
