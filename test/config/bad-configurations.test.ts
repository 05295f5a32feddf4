import { expect, test } from 'vitest'
import { minimal, problemsOf } from './write-config.ts'

/** Lines added after line 5 of the minimal configuration, and the problem that is reported. */
const bad: [yaml: string, problem: string][] = [
  ['redis: { prefix: "{a}" }', '6:10: redis.prefix: expected only letters, digits, - and _, got "{a}"'],
  [
    'redis: { appendfsync: never }',
    '6:10: redis.appendfsync: expected one of everysec, always, no, got "never"',
  ],
  [
    'redis: { url: "http://x" }',
    '6:10: redis.url: expected redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master; rediss instead of redis for TLS',
  ],
  [
    'redis: { url: "redis+sentinel://x" }',
    "6:10: redis.url: expected the master's name after the sentinels: …/mymaster",
  ],
  ['log: debug', '6:1: log: expected a mapping, got a string'],
  ['log: { colour: true }', '6:8: log.colour: unknown key; expected one of level'],
  [
    '  c2: { url: "ftp://x" }',
    '6:9: registries.c2.url: expected an http or https URL without /v2, credentials, query and fragment, got "ftp://x"',
  ],
  [
    '  c2: { url: "https://x/v2" }',
    '6:9: registries.c2.url: expected an http or https URL without /v2, credentials, query and fragment, got "https://x/v2"',
  ],
  [
    '  c2: { url: "https://x/a?b" }',
    '6:9: registries.c2.url: expected an http or https URL without /v2, credentials, query and fragment, got "https://x/a?b"',
  ],
  [
    '  c2: { url: "https://u:hunter2@x" }',
    '6:9: registries.c2.url: expected an http or https URL without /v2, credentials, query and fragment, got "***@x"',
  ],
  [
    '  c2: {}',
    '6:3: registries.c2.url: missing; expected an http or https URL without /v2, credentials, query and fragment',
  ],
  [
    '  c2: { url: "https://x", username: u }',
    '6:3: registries.c2: expected both username and password, or neither',
  ],
  [
    '  c2: { url: "https://x", project: { segmnts: 1, segments: 1 } }',
    '6:38: registries.c2.project.segmnts: unknown key; did you mean "segments"?',
  ],
  [
    '  c2: { url: "https://x", project: { segments: 0 } }',
    '6:38: registries.c2.project.segments: expected an integer from 1 to 16, got 0',
  ],
  [
    '  c2: { url: "https://x", project: { pattern: "(" } }',
    '6:38: registries.c2.project.pattern: expected a valid RE2 pattern (error parsing regexp: missing closing ): `(`), got "("',
  ],
  [
    '  c2: { url: "https://x", project: { pattern: "(?=x)" } }',
    '6:38: registries.c2.project.pattern: expected a valid RE2 pattern (error parsing regexp: invalid or unsupported Perl syntax: `(?=`), got "(?=x)"',
  ],
  [
    '  c2: { url: "https://x", project: { pattern: "(x)" } }',
    '6:38: registries.c2.project.pattern: expected a pattern with the named group (?P<project>…), got "(x)"',
  ],
  [
    'snapshots: { every: off }',
    '6:14: snapshots.every: expected never or a duration such as 90s, 15m, 12h or 14d (units: ms s m h d w), got "off"',
  ],
  ['snapshots: { every: 0s }', '6:14: snapshots.every: expected never or a duration above 0, got "0s"'],
  [
    '  c2: { url: "https://x", gitlab: { url: "https://y", token: glpat-x } }',
    '6:27: registries.c2.gitlab: expected at least one group in groups',
  ],
  [
    '  c2: { url: "https://x", gitlab: { url: "https://y", token: glpat-x, groups: [] } }',
    '6:27: registries.c2.gitlab: expected at least one group in groups',
  ],
  ['snapshots: { keep: 0 }', '6:14: snapshots.keep: expected an integer from 1 to 10000, got 0'],
  ['quotas: { a: 1 }', '6:1: quotas: expected a list, got a mapping'],
  ['quotas: [{ project: a, limit: 0 }]', '6:24: quotas.0.limit: expected a size above 0, got 0'],
  ['quotas: [{ project: a, limit: 1, limt: 1 }]', '6:34: quotas.0.limt: unknown key; did you mean "limit"?'],
  [
    'quotas: [{ project: a, limit: 1, warnAt: 120% }]',
    '6:34: quotas.0.warnAt: expected a percentage such as 80%, or a number from 0 to 1, got "120%"',
  ],
  [
    'quotas: [{ project: 1.0, limit: 1 }]',
    '6:12: quotas.0.project: expected a non-empty string (in quotes if it looks like a number), got 1',
  ],
  [
    'alerts: { channels: [{ name: a, type: email }] }',
    '6:33: alerts.channels.0.type: expected slack or webhook, got "email"',
  ],
  ['alerts: { channels: [{ name: a }] }', '6:22: alerts.channels.0.type: missing; expected slack or webhook'],
  ['alerts: { channels: [null] }', '6:22: alerts.channels.0: expected a mapping, got nothing'],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x", secret: y }] }',
    '6:64: alerts.channels.0.secret: unknown key; expected one of type, url, urlFile, name, projects',
  ],
  [
    'alerts: { channels: [{ name: a, type: webhook, url: "https://x", secret: y }] }',
    '6:66: alerts.channels.0.secret: expected whsec_ followed by base64',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x" }, { name: a, type: slack, url: "https://y" }] }',
    '6:68: alerts.channels.1.name: has the same value as alerts.channels.0.name; the two must differ',
  ],
  [
    'promotion: { rules: [{ name: a, from: { registry: c, repository: a, tag: b }, to: { registry: ci } }] }',
    '6:41: promotion.rules.0.from.registry: expected the name of a configured registry (ci), got "c"',
  ],
  [
    'promotion: { rules: [{ name: a, from: { registry: ci, repository: a, tag: b }, to: { registry: ci, tag: "{repo}" } }] }',
    '6:100: promotion.rules.0.to.tag: expected a name that contains no variables but {repository}, {tag}, {project} and {name}, got "{repo}"',
  ],
  ['expiry: { dryRun: 1 }', '6:11: expiry.dryRun: expected true or false, got 1'],
  [
    'expiry: { every: 1h30m }',
    '6:11: expiry.every: expected a duration such as 90s, 15m, 12h or 14d (units: ms s m h d w), got "1h30m"',
  ],
  [
    'expiry: { policies: [{ name: p, registry: ci, rules: [{ tag: "*" }] }] }',
    '6:55: expiry.policies.0.rules.0: expected at least one of olderThan, notPulledFor and keepNewest',
  ],
  [
    'expiry: { policies: [{ name: p, registry: x }] }',
    '6:33: expiry.policies.0.registry: expected the name of a configured registry (ci), got "x"',
  ],
  ['store: { type: ftp }', '6:10: store.type: expected folder or s3, got "ftp"'],
  [
    'store: { type: s3 }',
    '6:1: store.bucket: missing; expected a non-empty string (in quotes if it looks like a number)',
  ],
  ['store: { type: folder, bucket: b }', '6:24: store.bucket: unknown key; expected one of type, path'],
  [
    'store: { type: s3, bucket: b, accessKeyId: a }',
    '6:1: store: expected both accessKeyId and secretAccessKey, or neither',
  ],
]

test.each(bad)('%s', async (yaml, problem) => {
  expect(await problemsOf(`${minimal}${yaml}\n`)).toEqual([`tallyman.yaml:${problem}`])
})
