import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Dispatcher } from 'undici'
import type { ChannelMemory } from '../alerts/channel.ts'
import { makeChannel } from '../alerts/make-channel.ts'
import { discoveryUrl, readKeys } from '../ci/read-keys.ts'
import type { Connection } from '../cli/cli.ts'
import type { ChannelConfig, Config } from '../config/schema.ts'
import { makeDispatcher } from '../platform/dispatcher.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { judgeRedis } from '../platform/redis-settings.ts'
import { parseRedisUrl, placeOf } from '../platform/redis-url.ts'
import { repositoryNames } from '../registry/repository-names.ts'
import { makeStore } from '../store/make-store.ts'
import { type Attempt, asking } from './attempt.ts'
import { issuerDispatcher } from './ci.ts'
import { makeReceivers } from './outgoing.ts'
import { processesOf } from './processes-of.ts'
import { type ReachedRegistry, reachedRegistries } from './registry-client.ts'
import { placeOfStorage, storageReader } from './registry-storage.ts'
import { changeAttempts } from './try-changes.ts'
import { inUseAttempts } from './try-in-use.ts'

/** How long an attempt may take, in ms. */
const ATTEMPT_MS = 30_000

/**
 * Tries everything that a configuration names, all at once, and yields the results in the order of the configuration. Sends
 * no alert and changes no registry, though it asks for a delete and a push that no registry can do; in the store an object is written, read and removed.
 */
export async function* tryConnections(config: Config): AsyncGenerator<Connection> {
  const dispatcher = makeDispatcher({ proxy: config.proxy })
  const attempts = [
    redisAttempt(config),
    ...reachedRegistries(config).flatMap((registry) => [pingAttempt(registry), ...listAttempts(registry)]),
    ...furtherAttempts(config, dispatcher),
  ]
  const results = attempts.map(async ({ name, tried, act }): Promise<Connection> => {
    try {
      const remark = await withLimit(act)
      return { name, tried, ...(remark !== undefined && { remark }) }
    } catch (error) {
      return { name, tried, failure: error instanceof Error ? error.message : String(error) }
    }
  })
  try {
    for (const result of results) yield await result
  } finally {
    await dispatcher.destroy()
  }
}

/** All attempts but those of Redis and of registries themselves. */
export const furtherAttempts = (config: Config, dispatcher: Dispatcher): Attempt[] => [
  ...changeAttempts(config),
  ...inUseAttempts(config),
  ...config.alerts.channels.map((channel) => channelAttempt(channel, dispatcher)),
  ...receiverAttempts(config, dispatcher),
  ...config.ci.issuers.map((issuer) => issuerAttempt(issuer, config)),
  ...loginAttempts(config),
  storeAttempt(config.store),
]

/** @throws what `act` throws, and after `ATTEMPT_MS` */
async function withLimit<T>(act: () => Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`no answer in ${ATTEMPT_MS / 1000} s`)), ATTEMPT_MS)
  return Promise.race([act(), promise]).finally(() => clearTimeout(timer))
}

function redisAttempt({ redis: { url }, dataDir }: Config): Attempt {
  if (url === undefined) {
    const act = async () => {
      await promisify(execFile)('redis-server', ['--version']).catch(() => {
        throw new Error('there is no program redis-server: install it, or set redis.url')
      })
      return `Tallyman starts its own in ${join(dataDir, 'redis')}`
    }
    return { name: 'redis', tried: 'redis-server --version', act }
  }
  const target = parseRedisUrl(url)
  const act = async () => {
    const redis = await connectFailingFast(target)
    try {
      const { refusal, warnings } = await judgeRedis(redis, placeOf(target))
      if (refusal !== undefined) throw new Error(refusal)
      return warnings.length > 0 ? warnings.join('; ') : undefined
    } finally {
      redis.disconnect()
    }
  }
  return { name: 'redis', tried: `INFO at ${placeOf(target)}`, act }
}

const pingAttempt = (registry: ReachedRegistry): Attempt => ({
  name: `registry ${registry.name}`,
  tried: `GET ${registry.url}/v2/`,
  act: async () => void (await asking(registry, (client) => client.ping())),
})

/** Tries what stands beside the API of a registry: its storage, and the list of its repositories. */
export function listAttempts(registry: ReachedRegistry): Attempt[] {
  const { name, storage, repositories, gitlab } = registry
  const attempts: Attempt[] = []
  if (storage !== undefined)
    attempts.push({
      name: `storage of ${name}`,
      tried: `list ${placeOfStorage(storage)}`,
      act: async () => void (await storageReader(storage, registry).check()),
      fix: `correct registries.${name}.storage, and let the user of Tallyman read it; leave it out if Tallyman cannot`,
    })
  const names = repositoryNames(registry)
  if (names !== undefined)
    attempts.push({
      name: `repositories of ${name}`,
      tried: repositories === undefined ? `the groups of GitLab at ${gitlab?.url}` : 'read the list',
      act: async () => `${await count(names())} names`,
      fix:
        repositories === undefined
          ? `correct registries.${name}.gitlab: its url, a token with the scope read_api, and groups that the token sees`
          : `correct registries.${name}.repositories`,
    })
  const processes = processesOf(registry)
  if (processes !== undefined)
    attempts.push({
      name: `metrics of ${name}`,
      tried: 'read what its processes counted of their notifications',
      act: () => readMetrics(processes),
      fix: `correct registries.${name}.metrics (docs/registries.md, Delivery audit)`,
    })
  return attempts
}

/** @throws Error with what cannot be read, and why */
async function readMetrics({ read, close }: NonNullable<ReturnType<typeof processesOf>>): Promise<string> {
  const { processes, failed } = await read([]).finally(close)
  if (failed.length > 0) throw new Error(failed.map((one) => `${one.address}: ${one.problem}`).join('; '))
  const pending = processes.reduce((sum, { counts }) => sum + counts.pending, 0)
  return `${processes.length} of them; ${pending} events wait in their queues`
}

async function count(names: AsyncIterable<string>): Promise<number> {
  let counted = 0
  for await (const _ of names) counted++
  return counted
}

function channelAttempt(config: ChannelConfig, dispatcher: Dispatcher): Attempt {
  const channel = makeChannel(config, { dispatcher, memory: FORGETFUL })
  const act = async () => {
    try {
      return `${(await channel.check?.ask()) ?? 'its configuration is right'}; no alert was sent`
    } finally {
      await channel.close?.()
    }
  }
  const fix = `correct the channel ${config.name} in alerts.channels (docs/alerts.md, Channels); tallyman alerts test ${config.name} sends a message`
  return { name: `channel ${config.name}`, tried: channel.check?.tried ?? 'read its configuration', act, fix }
}

/** Programs that are told of changes. */
function receiverAttempts(config: Config, dispatcher: Dispatcher): Attempt[] {
  const receivers = makeReceivers(config, { dispatcher, flagOf: async () => 'ok' })
  return receivers.flatMap(({ name, check, close }) => {
    if (check === undefined) return []
    const act = async () => `${await check.ask().finally(close)}; no event was sent`
    const fix = 'correct it in events of the configuration, or start what listens there (docs/events.md)'
    return [{ name: `events to ${name}`, tried: check.tried, act, fix }]
  })
}

/** For channels that send no message. */
const FORGETFUL: ChannelMemory = {
  get: async () => undefined,
  set: async () => undefined,
  forget: async () => undefined,
}

function issuerAttempt(issuer: Config['ci']['issuers'][number], config: Config): Attempt {
  const act = async () => {
    const dispatcher = issuerDispatcher(issuer, config)
    const keys = await readKeys(issuer.issuer, dispatcher).finally(() => dispatcher.destroy())
    return `keys: ${keys.length}`
  }
  const fix = `correct ci.issuers: the issuer of ${issuer.name} exactly as its tokens have it, and caFile if its certificate is of a CA of yours`
  return { name: `issuer ${issuer.name}`, tried: `GET ${discoveryUrl(issuer.issuer)}`, act, fix }
}

/** What people log in with, if it is not a token. */
function loginAttempts({ login: { oidc }, proxy }: Config): Attempt[] {
  if (oidc === undefined) return []
  const { issuer, ca } = oidc
  const act = async () => {
    const dispatcher = makeDispatcher({ proxy, tls: ca === undefined ? undefined : { ca } })
    const keys = await readKeys(issuer, dispatcher).finally(() => dispatcher.destroy())
    return `keys: ${keys.length}`
  }
  const fix =
    'correct login.oidc: the issuer exactly as its discovery document has it, and caFile if its certificate is of a CA of yours'
  return [{ name: 'login', tried: `GET ${discoveryUrl(issuer)}`, act, fix }]
}

function storeAttempt(store: Config['store']): Attempt {
  const act = async () => void (await makeStore(store).check())
  const fix =
    store.type === 'folder'
      ? `let the user of Tallyman write there: chown -R it; or set store.path to a folder that it may write`
      : 'correct store: endpoint, bucket (it must exist) and keys, which need to list, read, write and delete objects'
  return {
    name: 'store',
    tried: `write, list, read and remove an object in ${placeOfStorage(store)}`,
    act,
    fix,
  }
}
