import type { Random } from './random.ts'

/**
 * A value that no registry sends, for the field of this name. JSON.stringify cannot write some of them, such as 1e400 or
 * very deep nesting: they are `raw` texts, which `writeJson` inserts as they are.
 */
export function hostileValue(random: Random, field: string, now: number): unknown {
  if (random.isOneIn(4)) return random.of(ANYTHING)(random, now)
  return (FIELDS.get(field) ?? random.of(ANYTHING))(random, now)
}

/** JSON text, with `raw` texts inserted as they are. */
export function writeJson(value: unknown): string {
  return JSON.stringify(value)?.replace(/"raw<([^>]*)>"/g, (_, text: string) => text) ?? 'null'
}

const raw = (text: string): string => `raw<${text}>`

const nested = (levels: number): string => raw('['.repeat(levels) + ']'.repeat(levels))

type Make = (random: Random, now: number) => unknown

const pick =
  (...values: unknown[]): Make =>
  (random) =>
    structuredClone(random.of(values))

const PROTOTYPES = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'] as const

const ANYTHING: Make[] = [
  pick(null, true, false, 0, -1, '', [], {}, [[]], [null], 'x', ' ', '\0'),
  pick(raw('1e400'), raw('-1e400'), raw('-0'), raw('9007199254740993'), raw('1E-400'), 0.5, 2 ** 53, 2 ** 63),
  pick('\ud800', '\udfff\ud800', '\u0000', '\u202e', '\ufeff', '\u{1f433}'),
  pick(...PROTOTYPES),
  (random) => ({ [random.of(PROTOTYPES)]: random.of(PROTOTYPES), length: -1, toJSON: 'x' }),
  (random) => JSON.parse(`{"${random.of(PROTOTYPES)}":{"isAdmin":true,"events":[],"repository":"team/app"}}`),
  (random) => nested(random.of([50, 99, 150, 2_500, 10_000])),
  (random) => 'x'.repeat(random.of([129, 256, 10_000])),
  (random) => Array.from({ length: random.of([1, 70, 1_000]) }, () => random.int(3)),
  (random) =>
    `{${random.of(['ci', 'tallyman', 'quarantine', '', '}{'])}}:${random.of(['x', '\r\nFLUSHALL\r\n', '*'])}`,
]

const NAMES: Make = (random) =>
  random.of([
    ...['../x', '..', '.', 'a//b', '/a', 'a/', '/', 'a/../b', '%2e%2e%2fx', 'C:\\x', 'a\\b'],
    ...['{tag}', 'a{b}c', '{ci}:paths', '{ci/a}:meta', 'a:b', 'a}:meta', '*', 'a?b', '[a]', 'a b'],
    ...['a\nb', 'a\r\nb', 'team/app\n', 'a\0', '\0', ' a', 'A/B', 'TEAM/app', 'ä/ö', '\u{1f433}'],
    ...['__proto__', 'constructor', 'a/__proto__', '-a', 'a-', 'a___b', 'a..b', '\ud800', 'team/app\u200b'],
    ...([`${'a/'.repeat(127)}a`, 'a'.repeat(255), 'valid/__name', 'valid/na.me/x-y'] as const),
    ...['a'.repeat(256), 'a'.repeat(10_000), 'a/'.repeat(5_000), '-'.repeat(10_000), 'a.'.repeat(5_000)],
  ])

const HEX = 'a'.repeat(64)
const DIGESTS: Make = pick(
  ...([
    'sha256:',
    'sha256',
    `md5:${HEX.slice(32)}`,
    `sha1:${HEX.slice(24)}`,
    `sha256:${HEX.slice(1)}`,
  ] as const),
  ...[
    `sha256:${HEX}a`,
    `sha256:${HEX.toUpperCase()}`,
    `SHA256:${HEX}`,
    `sha512:${HEX}`,
    `sha384:${HEX}${HEX}`,
  ],
  ...[
    `sha256:${HEX}\n`,
    ` sha256:${HEX}`,
    `sha256::${HEX}`,
    `sha256:{${HEX}}`,
    `sha256:${'g'.repeat(64)}`,
    `:${HEX}`,
  ],
  ...[
    `key:${HEX.slice(32)}`,
    `sha512:${HEX}${HEX}`,
    `sha384:${HEX}${HEX.slice(32)}`,
    `sha256:${HEX.repeat(200)}`,
  ],
)

const TAGS: Make = pick(
  ...['.', '-', '..', '.a', '-a', 'a/b', 'a:b', '{a}', 'a b', 'a\nb', 'v1\n', '\0', 'ä', '\u{1f433}'],
  ...[
    '__proto__',
    'constructor',
    'a'.repeat(128),
    'a'.repeat(129),
    'a'.repeat(10_000),
    '*',
    '@',
    'a@sha256:b',
  ],
)

const SIZES: Make = pick(
  ...([
    -1,
    -0,
    0.5,
    1e21,
    2 ** 40 - 1,
    2 ** 40,
    2 ** 47,
    2 ** 53,
    -(2 ** 53),
    '7',
    '0x7',
    null,
    [],
    true,
  ] as const),
  ...[raw('1e400'), raw('-1e400'), raw('-0'), raw('9007199254740993'), raw('1e15'), raw('0.1e1')],
)

const at = (now: number, ms: number): string => new Date(now + ms).toISOString()
const TIMESTAMPS: Make = (random, now) =>
  random.of([
    ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z', '', 'now'],
    ...['2026-12-31T23:59:60Z', '-001-01-01T00:00:00Z', '+010000-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
    ...['2026-02-30T00:00:00Z', '2026-11-24T24:00:00Z', '2026-11-24', '2026-11-24T00:00:00', '1.8e15', 'NaN'],
    ...['10000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2026-11-24T00:00:00+99:99', '0099-01-01T00:00:00Z'],
    ...[0, -1, now, now * 1000, raw('1e400'), null, [at(now, 0)], { $date: at(now, 0) }],
    ...[
      at(now, 3_600_000),
      at(now, 365 * 86_400_000),
      at(now, -31 * 86_400_000),
      at(now, -10 * 365 * 86_400_000),
    ],
    ...[at(now, 0).replace('Z', `${'1'.repeat(30)}Z`), at(now, 0).replace('Z', `${'9'.repeat(5_000)}Z`)],
    ...[
      at(now, 0).replace('Z', '9'.repeat(5_000)),
      at(now, 0).toLowerCase(),
      ` ${at(now, 0)}`,
      `${at(now, 0)}\n`,
    ],
  ])

const reference = (digest: unknown, size: unknown) => ({
  mediaType: 'application/octet-stream',
  size,
  digest,
})
const REFERENCES: Make = (random, now) =>
  random.of<Make>([
    pick(null, {}, 'x', [null], [[]], [{}], [0], { 0: reference(`sha256:${HEX}`, 1), length: 1 }),
    () => [reference(DIGESTS(random, now), SIZES(random, now))],
    () => Array.from({ length: 3 }, () => reference(`sha256:${HEX}`, 2 ** 40 - 1)),
    () => Array.from({ length: 200 }, () => reference(`sha256:${HEX}`, 2 ** 40 - 1)),
    () =>
      Array.from({ length: random.int(100) }, (_, n) => reference(`sha256:${`${n}`.padStart(64, '0')}`, n)),
    () => [
      { ...reference(`sha256:${HEX}`, 1), urls: random.of<unknown>([null, [], 'x', [1], ['http://x'], {}]) },
    ],
  ])(random, now)

const IDS: Make = pick(
  ...([
    '',
    '\0',
    'same',
    '{id}',
    '__proto__',
    'a'.repeat(128),
    'a'.repeat(129),
    '\u{1f433}'.repeat(128),
  ] as const),
  ...[`e${'\u0301'.repeat(5_000)}`, 'a'.repeat(10_000), '\ud800', 'a\r\nb', 7, null],
)

const ACTIONS: Make = pick(
  'PUSH',
  'explode',
  '',
  'push ',
  'toString',
  '__proto__',
  'x'.repeat(5_000),
  'delete',
  'pull',
)

const FIELDS = new Map<string, Make>()
for (const name of ['repository', 'fromRepository', 'from', 'to']) FIELDS.set(name, NAMES)
for (const name of ['size', 'length']) FIELDS.set(name, SIZES)
FIELDS.set('digest', DIGESTS).set('tag', TAGS).set('timestamp', TIMESTAMPS)
FIELDS.set('references', REFERENCES).set('id', IDS).set('action', ACTIONS)
