import { join } from 'node:path'
import { type StaticDecode, Type } from 'typebox'
import type { Proxies } from '../platform/dispatcher.ts'
import { parseRedisUrl } from '../platform/redis-url.ts'
import { admission } from './admission-section.ts'
import { alerts } from './alert-routes.ts'
import type { channel } from './channels.ts'
import { ci } from './ci-section.ts'
import { events } from './events-section.ts'
import { expiry, type expiryPolicy } from './expiry-sections.ts'
import { Choice, Flag, NonEmpty, nonEmpty, Pattern, Secret, unique } from './fields.ts'
import { login } from './login-section.ts'
import { promotionRule, receiptKey } from './promotion-rule.ts'
import { Duration, Integer, Interval, Size } from './quantity-fields.ts'
import { quota } from './quota-sections.ts'
import { list, type projectRule, proxy, registry, scanners, section, store, token } from './sections.ts'
import { Url } from './url-fields.ts'
import { written } from './written.ts'

/** Checks a Redis URL and leaves it as it is: makers of connections parse it. */
function redisUrl(raw: unknown): string {
  const text = nonEmpty(raw)
  parseRedisUrl(text)
  return text
}

/** TypeBox leaves out the keys `constructor` and `prototype` when it decodes. */
export const REGISTRY_NAME = {
  pattern: '^(?!constructor$|prototype$)[a-z0-9][a-z0-9-]{0,31}$',
  expected:
    'a name of lower-case letters, digits and dashes, 32 characters at most, with no dash first, and neither constructor nor prototype',
}

/** What the commands need to find the service, among other things. */
export const server = section('The HTTP server.', {
  host: NonEmpty('The address to listen on.', { default: '127.0.0.1' }),
  port: Integer('The port to listen on; 0 picks a free one.', 0, 65_535, { default: 8080 }),
  publicUrl: Type.Optional(
    Url('The URL under which people reach it. Alerts have links to it. Default: they have none.'),
  ),
  bodyLimit: Size('The largest request body that is accepted.', { default: '10MiB' }),
  readToken: Secret('The bearer token that may read.', token, {
    ...unique('tokens'),
    written: written.token,
  }),
  adminToken: Secret('The bearer token that may also change and delete.', token, {
    ...unique('tokens'),
    written: written.token,
  }),
  usesToken: Type.Optional(
    Secret('The bearer token that may only report use of images.', token, {
      ...unique('tokens'),
      written: written.token,
    }),
  ),
  sessionKey: Type.Optional(
    Secret(
      'What the cookies of the dashboard are encrypted with. Default: it is made of the admin token.',
      token,
      unique('tokens'),
    ),
  ),
  sessionFor: Duration('How long somebody stays logged in to the dashboard.', { default: '12h' }),
})

const file = section('The configuration of Tallyman.', {
  server,
  workers: section('Processes that only run workers (`node workers/main.ts`).', {
    host: NonEmpty('The address to listen on.', { default: '127.0.0.1' }),
    port: Type.Optional(
      Integer('The port for health and metrics; 0 picks a free one. Default: no port.', 0, 65_535),
    ),
  }),
  intake: section('Accepting events.', {
    maxBacklog: Size(
      'The memory in Redis that jobs may take, alerts and outgoing events aside. Beyond it, registries get 503.',
      {
        default: '1GiB',
      },
    ),
  }),
  redis: section('The Redis for queues and index.', {
    url: Type.Optional(
      Secret(
        'The URL of a Redis, a Cluster or Sentinels. Default: a Redis of its own in the data folder.',
        redisUrl,
      ),
    ),
    prefix: Pattern('The beginning of every key.', 'only letters, digits, - and _', /^[\w-]+$/, {
      default: 'tallyman',
    }),
    appendfsync: Choice('When its own Redis syncs to disk.', ['everysec', 'always', 'no'], {
      default: 'everysec',
    }),
  }),
  metrics: section('The metrics of `/metrics`.', {
    projects: Integer('How many projects have gauges of their own: the largest. 0: none.', 0, 1_000, {
      default: 100,
    }),
  }),
  dataDir: NonEmpty('The data folder, relative to the working directory.', { default: './data' }),
  log: section('Logging.', {
    level: Choice(
      'The lowest level that is logged.',
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      {
        default: 'info',
      },
    ),
  }),
  registries: Type.Record(Type.String({ pattern: REGISTRY_NAME.pattern }), registry, {
    description: 'The registries, by name.',
    expectedName: REGISTRY_NAME.expected,
    default: {},
  }),
  proxy,
  actors: Flag('Whether to keep who pushed a tag: the login name at the registry.', { default: true }),
  scanners,
  quotas: list('The quotas.', quota),
  admission,
  alerts,
  events,
  promotion: section('Promotion.', { receiptKey, rules: list('The rules.', promotionRule) }),
  expiry,
  ci,
  login,
  reconcile: section('Comparing the index with the registries, and correcting it.', {
    every: Interval('How often each registry is read.', { default: '1d' }),
    pause: Duration('How long after the last reconcile of a registry ended an automatic one may begin.', {
      default: '15m',
    }),
    atFirstStart: Flag('Whether to read a registry at once that was never read.', { default: true }),
    onNewInstance: Flag(
      'Whether to read a registry after events of it were lost, or may have been: after a restart.',
      {
        default: true,
      },
    ),
  }),
  snapshots: section('Snapshots of the index.', {
    every: Interval('How often one is written; `never`: only on request.', { default: '1d' }),
    keep: Integer('How many of the newest are kept.', 1, 10_000, { default: 7 }),
  }),
  journal: section('A journal of accepted events, over which `tallyman replay` tries policies.', {
    enabled: Flag('Whether accepted events are kept in the store.', { default: false }),
    keep: Duration('How long they are kept.', { default: '90d' }),
  }),
  records: section('Alerts, receipts of promotions, and records of expiry runs.', {
    keep: Duration('How long they are kept.', { default: '365d' }),
  }),
  store,
})

/** The schema of the file. `Value.Decode` turns its content into a `Config`. */
export const ConfigSchema = Type.Decode(file, ({ store, proxy, ...config }) => ({
  ...config,
  proxy: proxy && proxiesOf(proxy),
  store: store.type === 'folder' ? { path: join(config.dataDir, 'store'), ...store } : store,
}))

function proxiesOf({ url, except }: { url: string; except: string[] }): Proxies | undefined {
  return { http: url, https: url, except }
}

/** The loaded configuration: sizes in bytes, durations in milliseconds, secrets resolved, defaults filled in. */
export type Config = StaticDecode<typeof ConfigSchema>
export type RegistryConfig = StaticDecode<typeof registry>
export type ProjectRule = StaticDecode<typeof projectRule>
export type QuotaConfig = StaticDecode<typeof quota>
export type ChannelConfig = StaticDecode<typeof channel>
export type PromotionRule = StaticDecode<typeof promotionRule>
export type ExpiryPolicy = StaticDecode<typeof expiryPolicy>
export type StoreConfig = Config['store']
