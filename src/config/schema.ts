import { join } from 'node:path'
import { type StaticDecode, Type } from 'typebox'
import { parseRedisUrl } from '../platform/redis-url.ts'
import { Choice, Duration, Filled, Flag, filled, Integer, Interval, Pattern, Secret, Size } from './fields.ts'
import {
  channel,
  expiryPolicy,
  type expiryRule,
  list,
  type projectRule,
  promotionRule,
  quota,
  registry,
  scanners,
  section,
  store,
  token,
} from './sections.ts'

/** Stays as it is written: what it says is read where connections are made. */
function redisUrl(raw: unknown): string {
  const text = filled(raw)
  parseRedisUrl(text)
  return text
}

const file = section('The configuration file.', {
  server: section('The HTTP server.', {
    host: Filled('Address to listen on.', { default: '127.0.0.1' }),
    port: Integer('Port to listen on; 0 picks a free one.', 0, 65_535, { default: 8080 }),
    bodyLimit: Size('Largest request body accepted.', { default: '10MiB' }),
    readToken: Secret('Bearer token that may read.', token),
    adminToken: Secret('Bearer token that may also change and delete.', token),
  }),
  workers: section('Processes that work off queues only (`node workers/main.ts`).', {
    host: Filled('Address to listen on.', { default: '127.0.0.1' }),
    port: Type.Optional(
      Integer(
        'Port on which they tell their health and metrics; 0 picks a free one; absent: none.',
        0,
        65_535,
      ),
    ),
  }),
  intake: section('Taking events in.', {
    maxBacklog: Size('What the queue of events may take in Redis; beyond it, registries are told to wait.', {
      default: '1GiB',
    }),
  }),
  redis: section('Queue and index.', {
    url: Type.Optional(
      Secret(
        'The Redis, Cluster or Sentinels to use; absent: Tallyman runs its own in the data folder.',
        redisUrl,
      ),
    ),
    prefix: Pattern('What every key begins with.', 'letters, digits, - and _', /^[\w-]+$/, {
      default: 'tallyman',
    }),
    appendfsync: Choice('How often its own Redis syncs to disk.', ['everysec', 'always', 'no'], {
      default: 'everysec',
    }),
  }),
  dataDir: Filled('The data folder, relative to the working directory.', { default: './data' }),
  log: section('Logging.', {
    level: Choice('The least level logged.', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
      default: 'info',
    }),
  }),
  registries: Type.Record(Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$' }), registry, {
    description: 'The registries by name.',
    default: {},
  }),
  scanners,
  quotas: list('The quotas.', quota),
  alerts: section('Alerts.', { channels: list('The channels.', channel) }),
  promotion: section('Promotion.', { rules: list('The rules.', promotionRule) }),
  expiry: section('Expiry.', {
    dryRun: Flag('Plan only; delete nothing.', { default: true }),
    every: Duration('How often the policies run.', { default: '1h' }),
    policies: list('The policies.', expiryPolicy),
  }),
  reconcile: section('Comparing the index with the registries, and mending it.', {
    every: Interval('How often each registry is read.', { default: '1d' }),
    onNewInstance: Flag('Also when a registry was restarted, for it has lost its queue.', { default: true }),
  }),
  snapshots: section('Snapshots of the index.', {
    every: Interval('How often one is written by itself; never: only when asked for.', { default: '1d' }),
    keep: Integer('How many stay: the newest.', 1, 10_000, { default: 7 }),
  }),
  store,
})

/** The file's schema; `Value.Decode` turns what the file holds into a `Config`. */
export const ConfigSchema = Type.Decode(file, ({ store, ...config }) => ({
  ...config,
  store: store.type === 'folder' ? { path: join(config.dataDir, 'store'), ...store } : store,
}))

/** The loaded configuration: sizes in bytes, durations in milliseconds, secrets resolved, defaults filled in. */
export type Config = StaticDecode<typeof ConfigSchema>
export type RegistryConfig = StaticDecode<typeof registry>
export type ProjectRule = StaticDecode<typeof projectRule>
export type QuotaConfig = StaticDecode<typeof quota>
export type ChannelConfig = StaticDecode<typeof channel>
export type PromotionRule = StaticDecode<typeof promotionRule>
export type ExpiryPolicy = StaticDecode<typeof expiryPolicy>
export type ExpiryRule = StaticDecode<typeof expiryRule>
export type StoreConfig = Config['store']
