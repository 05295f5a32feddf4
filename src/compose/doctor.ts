import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Cluster, Redis } from 'ioredis'
import type { Dispatcher } from 'undici'
import type { Config } from '../config/schema.ts'
import { checkConfig } from '../doctor/check-config.ts'
import { checkDisk, checkNode } from '../doctor/check-host.ts'
import { checkRedis } from '../doctor/check-redis.ts'
import { checkRegistry } from '../doctor/check-registry.ts'
import { notAudited } from '../doctor/delivery-findings.ts'
import type { Check, Finding, Found } from '../doctor/finding.ts'
import { redisAdvice } from '../doctor/redis-advice.ts'
import { runChecks } from '../doctor/run-checks.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { parseRedisUrl, placeOf } from '../platform/redis-url.ts'
import { repositoryNames } from '../registry/repository-names.ts'
import { type Attempt, asking } from './attempt.ts'
import { reachedRegistries } from './registry-client.ts'
import { laterChangeAttempts } from './try-changes.ts'
import { furtherAttempts, listAttempts } from './try-connections.ts'

/** Looks at all that a configuration names, from here, without a running service. */
export async function diagnose(config: Config): Promise<Finding[]> {
  const dispatcher = makeDispatcher({ proxy: config.proxy })
  const redis = config.redis.url === undefined ? checkOwnRedis(config) : checkGivenRedis(config.redis.url)
  return runChecks([redis, ...configChecks(config, dispatcher)]).finally(() => dispatcher.destroy())
}

/** Checks of what a configuration names, but for Redis. */
export const configChecks = (config: Config, dispatcher: Dispatcher): Check[] => [
  checkNode(process.versions.node),
  checkConfig(config),
  checkDisk([config.dataDir, ...(config.store.type === 'folder' ? [config.store.path] : [])]),
  ...reachedRegistries(config).flatMap((registry) => [
    checkRegistry({
      ...registry,
      names: repositoryNames(registry),
      use: (act) => asking(registry, act),
      now: Date.now,
    }),
    ...listAttempts(registry).map((attempt) => checkOf(attempt, 'error')),
    ...(registry.token !== undefined && registry.metrics === undefined
      ? [{ name: `deliveries of ${registry.name}`, run: async () => [notAudited(registry.name)] }]
      : []),
  ]),
  ...laterChangeAttempts(config).map((attempt) => checkOf(attempt, 'note')),
  ...furtherAttempts(config, dispatcher).map((attempt) => checkOf(attempt, 'error')),
]

/** An attempt as a check: if it fails, that is a finding of a level. */
const checkOf = ({ name, tried, act, fix }: Attempt, failed: 'error' | 'note'): Check => ({
  name,
  async run(): Promise<Found[]> {
    try {
      const remark = await act()
      return [{ level: 'ok', what: remark === undefined ? tried : `${tried}: ${remark}` }]
    } catch (error) {
      const advice = typeof fix === 'function' ? fix(error) : fix
      const what = `${tried}: ${error instanceof Error ? error.message : String(error)}`
      return [{ level: failed, what, ...(advice !== undefined && { fix: advice }) }]
    }
  },
})

function checkGivenRedis(url: string): Check {
  const target = parseRedisUrl(url)
  const where = placeOf(target)
  async function use<T>(act: (redis: Redis | Cluster) => Promise<T>): Promise<T> {
    const redis = await connectFailingFast(target)
    return act(redis).finally(() => redis.disconnect())
  }
  const check = checkRedis({ where, use, now: Date.now })
  const run = () =>
    check
      .run()
      .catch((error: Error): Found[] => [
        { level: 'error', what: error.message, fix: redisAdvice(error.message) },
      ])
  return { ...check, run }
}

/** The Redis that a start would start. */
const checkOwnRedis = ({ dataDir }: Config): Check => ({
  name: 'redis',
  async run() {
    const run = promisify(execFile)
    const version = await run('redis-server', ['--version']).catch(() => undefined)
    if (version === undefined)
      return [
        {
          ...{ level: 'error', what: 'there is no program redis-server, and redis.url is not set' },
          fix: 'install redis-server (Debian: apt-get install redis-server), or name a Redis in redis.url or REDIS_URL',
        },
      ]
    const [, number = ''] = /v=([\d.]+)/.exec(version.stdout) ?? []
    const what = `redis-server ${number}: a start begins its own in ${join(dataDir, 'redis')}`
    if (Number.parseInt(number, 10) >= 7) return [{ level: 'ok', what }]
    return [{ level: 'error', what, fix: 'install Redis 7 or later, or name one in redis.url' }]
  },
})
