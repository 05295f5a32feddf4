import { readFile } from 'node:fs/promises'
import { type TSchema, Type } from 'typebox'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigSchema } from '../../src/config/schema.ts'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

test('fills every default', async () => {
  expect(await loadYaml(minimal)).toEqual({
    server: {
      host: '127.0.0.1',
      port: 8080,
      bodyLimit: 10 * 2 ** 20,
      readToken: 'read-token-of-tests',
      sessionFor: 43_200_000,
      adminToken: 'admin-token-of-tests',
    },
    workers: { host: '127.0.0.1' },
    intake: { maxBacklog: 2 ** 30 },
    redis: { prefix: 'tallyman', appendfsync: 'everysec' },
    dataDir: './data',
    log: { level: 'info' },
    metrics: { projects: 100 },
    registries: {
      ci: {
        url: 'https://registry.example.com',
        type: 'registry',
        hosts: [],
        project: { segments: 2 },
        pulls: 'partial',
        gc: {
          ...{ maxPause: 3_600_000, idle: 300_000, patience: 900_000, survey: 86_400_000 },
          ...{ timeZone: 'UTC', advise: { share: 0.2 }, trash: 604_800_000 },
        },
        blobChecks: { perReconcile: 20_000, perSecond: 100 },
        insecure: false,
        renames: false,
        sparse: false,
      },
    },
    actors: true,
    scanners: { userAgents: [], actors: [] },
    quotas: [],
    admission: { enabled: false, failOpen: true, quotas: ['project'] },
    alerts: { gather: 10_000, channels: [] },
    events: { webhooks: [] },
    promotion: { rules: [] },
    ci: { issuers: [] },
    login: { public: false },
    expiry: {
      maxShare: 0.3,
      policies: [],
      protect: { tags: [], repositories: [], digests: [], labels: [] },
      gc: { timeZone: 'UTC' },
      inUse: [],
      trash: { keep: 30 * 86_400_000 },
    },
    journal: { enabled: false, keep: 90 * 86_400_000 },
    snapshots: { every: 86_400_000, keep: 7 },
    reconcile: { every: 86_400_000, pause: 900_000, atFirstStart: true, onNewInstance: true },
    records: { keep: 365 * 86_400_000 },
    store: { type: 'folder', path: 'data/store' },
  })
})

test('turns sizes into bytes, durations into milliseconds and percentages into fractions', async () => {
  const config = await loadYaml(`${minimal}  other: { url: 'https://other.example.com' }
quotas:
  - { project: 'ci/**', limit: 1024, warnAt: 75% }
  - { project: '**', limit: 50GiB, warnAt: 0.5 }
  - { project: 'ci/x', limit: 1kB, warnAt: [95%, 80%, 80%], grace: 10m, escalate: { after: 7d, evict: true } }
  - { group: platform, projects: ['ci/a/*'], measure: exclusive, maxTags: 100 }
  - { registry: ci, limit: 1kB }
alerts:
  channels: [{ name: ops, type: slack, url: 'https://chat.example.com/hook' }]
promotion:
  rules: [{ name: r, from: { registry: ci, repository: '**', tag: 'v*' }, to: { registry: other } }]
expiry:
  policies: [{ name: p, match: { registry: ci }, schedule: ' 30 3 * * 1-5 ', timeZone: Europe/Berlin, rules: [{ tag: 'pr-*', olderThan: 14d, expire: true }] }]
snapshots: { every: never, keep: 30 }
store: { type: s3, bucket: b }
`)
  expect(config.quotas).toEqual([
    { project: 'ci/**', limit: 1024, measure: 'unique', warnAt: [0.75] },
    { project: '**', limit: 50 * 2 ** 30, measure: 'unique', warnAt: [0.5] },
    {
      ...{ project: 'ci/x', limit: 1000, measure: 'unique', warnAt: [0.8, 0.95], grace: 600_000 },
      escalate: { after: 7 * 86_400_000, channels: [], evict: true },
    },
    { group: 'platform', projects: ['ci/a/*'], measure: 'exclusive', maxTags: 100, warnAt: [0.8] },
    { registry: 'ci', limit: 1000, measure: 'unique', warnAt: [0.8] },
  ])
  expect(config.alerts.channels).toEqual([
    {
      ...{ name: 'ops', type: 'slack', url: 'https://chat.example.com/hook', projects: ['**'] },
      kinds: ['*'],
      severity: 'info',
    },
  ])
  expect(config.promotion.rules[0]?.to).toEqual({
    registry: 'other',
    repository: '{repository}',
    tag: '{tag}',
  })
  expect(config.expiry).toEqual({
    maxShare: 0.3,
    policies: [
      {
        name: 'p',
        match: { registry: 'ci', project: '**', repository: '**' },
        mode: 'plan',
        schedule: '30 3 * * 1-5',
        timeZone: 'Europe/Berlin',
        rules: [{ tag: { glob: 'pr-*' }, olderThan: 1_209_600_000, expire: true }],
      },
    ],
    protect: { tags: [], repositories: [], digests: [], labels: [] },
    gc: { timeZone: 'UTC' },
    inUse: [],
    trash: { keep: 30 * 86_400_000 },
  })
  expect(config.snapshots).toEqual({ every: 'never', keep: 30 })
  expect(config.store).toEqual({
    type: 's3',
    bucket: 'b',
    region: 'us-east-1',
    prefix: '',
    forcePathStyle: true,
  })
})

test('a policy may evict beside its rules, or only evict', async () => {
  const { expiry } = await loadYaml(`${minimal}expiry:
  policies:
    - { name: p, match: { registry: ci }, rules: [{ tag: 'v*', keep: true }], evict: { to: 75%, order: oldest, floor: 1KiB } }
    - { name: q, match: { registry: ci }, evict: { tiers: [{ tag: 'cache-*', notUsedFor: 1d }, { tagged: false }] } }
    - { name: r, match: { registry: ci }, rules: [{ tag: 'v*', keep: true }] }
`)
  expect(expiry.policies).toMatchObject([
    { evict: { to: 0.75, order: 'oldest', floor: 1024 } },
    {
      rules: [],
      evict: {
        ...{ to: 0.8, order: 'least-recently-used' },
        tiers: [{ tag: { glob: 'cache-*' }, notUsedFor: 86_400_000 }, { tagged: false }],
      },
    },
    { evict: undefined },
  ])
})

test('a section whose keys are all commented out counts as absent', async () => {
  const config = await loadYaml(`${minimal}redis:\n  # url: redis://x\nquotas:\nstore:\n`)
  expect(config).toMatchObject({ redis: { prefix: 'tallyman' }, quotas: [], store: { type: 'folder' } })
})

test('the example loads once its secrets are replaced, and has an entry in every list', async () => {
  const problems = await loadConfig('tallyman.example.yaml', {}).catch(({ message }) => message.split('\n'))
  expect(problems).toHaveLength(5)
  for (const problem of problems) expect(problem).toContain('not a placeholder such as change-me')
  const config = await loadConfig('tallyman.example.yaml', {
    TALLYMAN_SERVER__READ_TOKEN: 'read-token-of-tests',
    TALLYMAN_SERVER__ADMIN_TOKEN: 'admin-token-of-tests',
    TALLYMAN_REGISTRIES__CI__TOKEN: 'webhook-token-of-tests',
    TALLYMAN_ALERTS__CHANNELS__0__URL: 'https://chat.example.com/hooks/1',
    TALLYMAN_ALERTS__CHANNELS__1__SECRET: 'whsec_c2lnbmluZy1rZXktb2YtdGVzdHM=',
  })
  expect(Object.keys(config.registries)).toEqual(['ci', 'production'])
  expect(config.quotas).toHaveLength(4)
  expect(config.alerts.channels.map(({ type }) => type)).toEqual(['slack', 'webhook'])
  expect(config.promotion.rules).toHaveLength(1)
  expect(config.expiry.policies).toHaveLength(2)
  expect(config.ci.issuers).toHaveLength(1)
})

test('the example names every key', async () => {
  const text = await readFile('tallyman.example.yaml', 'utf8')
  const missing = [...keysIn(ConfigSchema)].filter((key) => !new RegExp(`\\b${key}(File)?:`).test(text))
  expect(missing).toEqual([])
})

function* keysIn(schema: TSchema): Generator<string> {
  if (Type.IsUnion(schema)) for (const member of schema.anyOf) yield* keysIn(member)
  if (Type.IsArray(schema)) yield* keysIn(schema.items)
  if (Type.IsRecord(schema)) yield* keysIn(Type.RecordValue(schema))
  if (!Type.IsObject(schema)) return
  for (const [key, child] of Object.entries(schema.properties)) {
    yield key
    yield* keysIn(child)
  }
}

describe('a file that cannot be read as YAML', () => {
  const alias = 'YAML: expected quotes around this value: without them, * begins an alias in YAML'
  test.each([
    ['a: 1\na: 2\n', ['tallyman.yaml:2:1: YAML: the key "a" is there twice']],
    ['a:\n\tb: 1\n', ['tallyman.yaml:2:1: YAML: a tab is not allowed as indentation: use spaces']],
    ['a: b: c\n', ['tallyman.yaml:1:4: YAML: expected quotes around a value that has a colon and a space']],
    ['a: 1\n---\nb: 1\n', ['tallyman.yaml:2:1: YAML: a line --- begins a second document; one is expected']],
    ['project: **\n', [`tallyman.yaml:1:10: ${alias}`]],
    ['project: *\n', [`tallyman.yaml:1:10: ${alias}`]],
    ['projects: [**/app, x]\n', [`tallyman.yaml:1:12: ${alias}`]],
    [
      'password: @x\n',
      ['tallyman.yaml:1:11: YAML: expected quotes around this value: YAML reserves @ at the beginning'],
    ],
    [
      'password: &x\n',
      [
        'tallyman.yaml:1:11: YAML: expected quotes around this value: without them, & begins an anchor in YAML',
      ],
    ],
    [
      'a: [1, 2\nb: 3\n',
      [
        'tallyman.yaml:2:1: YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
      ],
    ],
    [
      'password: !hunter2 x\n',
      ['tallyman.yaml:1:11: YAML: expected quotes around this value: without them, ! begins a tag in YAML'],
    ],
    ['password: *hunter2\n', [`tallyman.yaml:1:11: ${alias}`]],
    ['- a\n', ['tallyman.yaml: expected a mapping, got a list']],
  ])('%j', async (yaml, problems) => {
    expect(await problemsOf(yaml)).toEqual(problems)
  })

  test('aliases that stand for billions of values, many aliases, and an alias inside of what it names', async () => {
    const levels = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}]\n`)
    expect(await problemsOf(`a0: &a0 x\n${levels.join('')}`)).toEqual([
      'tallyman.yaml: YAML: its aliases (*name) stand for too many values',
    ])
    expect(await problemsOf(`a: &a x\nb: [${'*a, '.repeat(20_000)}]\n`)).toEqual([
      'tallyman.yaml:2:405: YAML: more than 100 aliases (*name)',
    ])
    expect(await problemsOf('a: &a [*a]\n')).toEqual([
      'tallyman.yaml: YAML: nested too deep, or an alias (*name) is inside of what it names',
    ])
  })

  test('of many problems, the first hundred are told', async () => {
    expect(
      await problemsOf(minimal + Array.from({ length: 200 }, (_, n) => `key${n}: 1\n`).join('')),
    ).toHaveLength(100)
  })

  test('a file that does not exist', async () => {
    await expect(loadConfig('/nowhere/tallyman.yaml', {})).rejects.toThrow(
      '/nowhere/tallyman.yaml: cannot be read: no such file or directory',
    )
  })
})

test('an empty file lacks only the keys without a default', async () => {
  expect(await problemsOf('')).toEqual([
    'tallyman.yaml: server.readToken: missing; expected a string of at least 16 characters',
    'tallyman.yaml: server.adminToken: missing; expected a string of at least 16 characters',
    'tallyman.yaml: registries: expected at least one entry',
  ])
})

test('reports all problems at once, in the order of the file', async () => {
  const yaml = `${minimal.replace('ci:', 'Ci:')}log: { levle: info }\ndataDir: 5\nserver2: {}\n`
  expect(await problemsOf(yaml)).toEqual([
    'tallyman.yaml:5:3: registries.Ci: expected a name of lower-case letters, digits and dashes, 32 characters at most, with no dash first, and neither constructor nor prototype',
    'tallyman.yaml:6:8: log.levle: unknown key; did you mean "level"?',
    'tallyman.yaml:7:1: dataDir: expected a non-empty string (in quotes if it looks like a number), got 5',
    'tallyman.yaml:8:1: server2: unknown key; did you mean "server"?',
  ])
})
