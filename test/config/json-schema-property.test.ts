import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { refusalsOf } from './accepts.ts'
import { minimal, problemsOf } from './write-config.ts'

/** Configurations with an entry of every kind. */
const texts = [
  (await readFile('tallyman.example.yaml', 'utf8'))
    .replaceAll('change-me', 'own')
    .replace('whsec_Y2hhbmdlLW1lLXNpZ25pbmcta2V5LTAwMDE=', 'whsec_c2lnbmluZy1rZXktb2YtdGVzdHM=')
    .replaceAll(/^.*File: .*$/gm, ''),
  await readFile('deploy/tallyman.yaml', 'utf8'),
  `${minimal}  other: { url: 'https://other.example.com', type: cache, project: { pattern: '^(?P<project>[^/]+)/' } }
quotas:
  - { project: 'ci/x', limit: 1kB, warnAt: [95%, 0.8], grace: 10m, escalate: { after: 7d, evict: true } }
  - { registry: ci, limit: 1024, measure: unique }
alerts:
  channels:
    - { name: mail, type: email, host: mail.example.com, from: a@example.com, to: [b@example.com] }
    - { name: irc, type: irc, host: irc.example.com, room: '#ops', quiet: { from: '20:00', to: '07:00' } }
    - { name: am, type: alertmanager, urls: ['http://am:9093'], kinds: ['quota.*'] }
expiry:
  policies:
    - { name: p, match: { registry: ci }, rules: [{ tag: { pattern: 'v\\d+' }, keep: { newest: 3, by: semver } }, { kind: [image], olderThan: 1w, trust: [event], expire: true }] }
    - { name: q, match: { registry: ci }, evict: { tiers: [{ label: { team: 'a*' } }] } }
  inUse: [{ name: k, kubernetes: { namespaces: [shop] } }]
promotion:
  rules:
    - { name: r, when: request, from: { registry: ci, repository: 'a/*', tag: 'v*' }, to: { registry: ci, repository: 'b/{name}' }, gates: [{ type: minAge, age: 1h }, { type: approval, people: 2 }], platforms: [linux/amd64] }
store: { type: s3, bucket: b }
`,
]

type Step = string | number

/** Every place in a value: the keys that lead there. */
function* placesIn(value: unknown, path: Step[] = []): Generator<Step[]> {
  if (path.length > 0) yield path
  if (typeof value !== 'object' || value === null) return
  for (const [key, child] of Object.entries(value))
    yield* placesIn(child, [...path, Array.isArray(value) ? Number(key) : key])
}

/** Values of which each is right somewhere. */
const VALUES: unknown[] = [
  ...[
    '',
    'a',
    'ci',
    'v*',
    '**',
    'never',
    'https://x',
    ' http://x/y',
    'ftp://x',
    'sixteen-letters-or-more',
    'a:5000',
  ],
  ...[
    '1GiB',
    '0GiB',
    '1 kB',
    '1',
    '10m',
    '0s',
    '1.5h',
    '80%',
    '0%',
    '100%',
    '0.5',
    '101%',
    '20:00',
    'UTC',
    '+02:00',
  ],
  ...[0, 1, 3, 0.5, 70_000, -1, 1e21, true, false, [], ['a'], ['1GiB'], ['80%', 0.9], {}, { a: 'b' }],
  ...[
    '* * * * *',
    '0 0 31 2 *',
    'whsec_abcd',
    '^(?P<project>.)',
    { pattern: 'a' },
    { pattern: '(' },
    { newest: 1 },
  ],
  ...[
    'event',
    'push',
    'image',
    'linux/arm/v7',
    'team=a',
    'sha256:00',
    'folder',
    's3',
    'slack',
    'project',
    'stored',
  ],
]

const KEYS = [
  'limit',
  'maxTags',
  'tokenFile',
  'urlFile',
  'name',
  'type',
  'enabled',
  'keep',
  'expire',
  'by',
  'evict',
  'x',
]

/** A copy with one place replaced, removed, or with a key beside it. */
function change(
  value: unknown,
  path: Step[],
  how: 'replace' | 'remove' | 'add',
  key: string,
  put: unknown,
): unknown {
  const copy = structuredClone(value)
  const parent = path.slice(0, -1).reduce<unknown>((at, step) => Object(at)[step], copy)
  const last = path.at(-1) ?? ''
  if (how === 'replace') Object(parent)[last] = put
  else if (how === 'add' && !Array.isArray(parent)) Object(parent)[key] = put
  else if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else delete Object(parent)[last]
  return copy
}

const changed = fc
  .constantFrom(...texts.map((text) => parse(text)))
  .chain((value) =>
    fc
      .tuple(
        fc.constantFrom(...placesIn(value)),
        fc.constantFrom('replace' as const, 'replace' as const, 'remove' as const, 'add' as const),
        fc.constantFrom(...KEYS),
        fc.constantFrom(...VALUES),
      )
      .map(([path, how, key, put]) => change(value, path, how, key, put)),
  )

test('what config check accepts, the JSON Schema accepts', async () => {
  for (const text of texts) {
    expect(refusalsOf(parse(text))).toEqual([])
    expect(await problemsOf(text)).toEqual([])
  }
  let accepted = 0
  await fc.assert(
    fc.asyncProperty(changed, async (value) => {
      const problems = await problemsOf(stringify(value))
      if (problems.length > 0) return
      accepted++
      expect(refusalsOf(value)).toEqual([])
    }),
    { numRuns: 300 },
  )
  expect(accepted).toBeGreaterThan(30)
})
