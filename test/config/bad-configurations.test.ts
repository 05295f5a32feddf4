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
  [
    'expiry: { inUse: [{ name: a, file: f, folder: d }] }',
    '6:19: expiry.inUse.0: expected one of url, file, command, folder and kubernetes',
  ],
  [
    'expiry: { inUse: [{ name: a, file: f, registries: [none] }] }',
    '6:52: expiry.inUse.0.registries.0: expected the name of a configured registry (ci), got "none"',
  ],
  [
    '  c2: { url: "https://x", hosts: ["https://y"] }',
    '6:35: registries.c2.hosts.0: expected a host such as registry.internal:5000, without http://, got "https://y"',
  ],
  [
    '  c2: { url: "https://x", pricePerGiBMonth: 0.02 EUR }',
    '6:27: registries.c2.pricePerGiBMonth: expected a number from 0 to 1000000, such as 0.02, without a currency, got "0.02 EUR"',
  ],
  [
    'quotas: [{ project: ci/a, limit: 1GiB, measure: tagged, willExceedWithin: 7d }]',
    '6:57: quotas.0.willExceedWithin: the history has no tagged bytes, so there is no forecast of them: leave it out, or use another measure',
  ],
  [
    'quotas: [{ project: ci/a, maxTags: 9, willExceedWithin: 7d }]',
    '6:39: quotas.0.willExceedWithin: a forecast is about bytes, so it does nothing without a limit: add limit, or leave it out',
  ],
  [
    'quotas: [{ group: a, projects: [ci/a], maxManifests: 9, willExceedWithin: 7d }]',
    '6:57: quotas.0.willExceedWithin: a forecast is about bytes, so it does nothing without a limit: add limit, or leave it out',
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
  ["quotas: [{ project: '**', limit: 0 }]", '6:27: quotas.0.limit: expected a size above 0, got 0'],
  [
    "quotas: [{ project: '**', limit: 1, limt: 1 }]",
    '6:37: quotas.0.limt: unknown key; did you mean "limit"?',
  ],
  [
    "quotas: [{ project: '**', limit: 1, warnAt: 120% }]",
    '6:37: quotas.0.warnAt: expected a percentage such as 80%, or a number such as 0.8: above 0, to 1 at most, got "120%"',
  ],
  [
    "quotas: [{ project: '**', limit: 1, warnAt: [80%, 120%] }]",
    '6:51: quotas.0.warnAt.1: expected a percentage such as 80%, or a number such as 0.8: above 0, to 1 at most, got "120%"',
  ],
  ["quotas: [{ project: '**' }]", '6:10: quotas.0: expected limit, maxTags or maxManifests'],
  ['quotas: [{ group: g, limit: 1 }]', '6:10: quotas.0.projects: expected a list, got nothing'],
  [
    "quotas: [{ group: G, projects: ['**'], limit: 1 }]",
    '6:12: quotas.0.group: expected a name of lower-case letters, digits, dots and dashes, got "G"',
  ],
  [
    'quotas: [{ registry: production, limit: 1 }]',
    '6:12: quotas.0.registry: expected the name of a configured registry (ci), got "production"',
  ],
  [
    'quotas: [{ registry: ci, limit: 1, measure: stored }]',
    '6:36: quotas.0.measure: registries.ci has no storage, so what it stores is not known: expected unique',
  ],
  [
    "quotas: [{ project: '**', limit: 1, measure: stored }]",
    '6:37: quotas.0.measure: expected one of unique, exclusive, referenced, tagged, got "stored"',
  ],
  [
    "quotas: [{ project: '**', limit: 1, escalate: { after: 7d } }]",
    '6:37: quotas.0.escalate: expected channels, or evict: true',
  ],
  [
    "quotas: [{ project: '**', limit: 1, escalate: { after: 7d, channels: [boss] } }]",
    '6:71: quotas.0.escalate.channels.0: expected the name of a configured channel (there is none), got "boss"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: "" }, rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:42: expiry.policies.0.match.registry: expected a non-empty string (in quotes if it looks like a number), got ""',
  ],
  [
    'quotas: [{ project: 1.0, limit: 1 }]',
    '6:12: quotas.0.project: expected a non-empty string (in quotes if it looks like a number), got 1',
  ],
  [
    'alerts: { channels: [{ name: a, type: pigeon }] }',
    '6:33: alerts.channels.0.type: expected slack, slack-bot, mattermost, discord, teams, google-chat, webhook, irc, email, matrix, pagerduty, alertmanager or gitlab-issue, got "pigeon"',
  ],
  [
    'alerts: { channels: [{ name: a }] }',
    '6:22: alerts.channels.0.type: missing; expected slack, slack-bot, mattermost, discord, teams, google-chat, webhook, irc, email, matrix, pagerduty, alertmanager or gitlab-issue',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x", kinds: [quotas] }] }',
    '6:72: alerts.channels.0.kinds.0: expected a kind of alert, or a glob for some, such as quota.*. The kinds: quota.ok, quota.warning, quota.over, quota.forecast, expiry.notice, expiry.done, expiry.held, expiry.blocked, promotion.failed, promotion.approval, reconcile.held, inUse.missing, deliveries.lost, deliveries.growing, deliveries.drained, deliveries.unread, deliveries.read, images.broken, images.whole, collection.advised, collection.done, collection.failed, collection.held, collection.released, got "quotas"',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x", severity: over }] }',
    '6:64: alerts.channels.0.severity: expected one of info, warning, critical, got "over"',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x", quiet: { from: "8pm", to: "07:00" } }] }',
    '6:73: alerts.channels.0.quiet.from: expected a time of the day such as 07:00 or 20:30, got "8pm"',
  ],
  ['alerts: { channels: [null] }', '6:22: alerts.channels.0: expected a mapping, got nothing'],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x", secret: y }] }',
    '6:64: alerts.channels.0.secret: unknown key; did you mean "severity"?',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack-bot, token: xoxp-1, channel: C1 }] }',
    '6:50: alerts.channels.0.token: expected the token of a bot of Slack, which begins with xoxb-',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack-bot, tokenFile: /nowhere, channel: C1 }] }',
    '6:50: alerts.channels.0.tokenFile: cannot read /nowhere: no such file or directory',
  ],
  [
    'alerts: { channels: [{ name: a, type: discord }] }',
    '6:22: alerts.channels.0.url: missing; expected an http or https URL',
  ],
  [
    'alerts: { channels: [{ name: a, type: teams, url: "https://x", channel: C1 }] }',
    '6:64: alerts.channels.0.channel: unknown key; expected one of type, url, urlFile, name, projects, kinds, severity, quiet',
  ],
  [
    'alerts: { channels: [{ name: a, type: webhook, url: "https://x", secret: y }] }',
    '6:66: alerts.channels.0.secret: expected whsec_ followed by base64. To make one: echo "whsec_$(openssl rand -base64 32)"',
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
    '6:100: promotion.rules.0.to.tag: expected {repository}, {tag}, {project}, {name}, or a group of the pattern in from.tag; {repo} is none of these',
  ],
  [
    'promotion: { rules: [{ name: a, from: { registry: ci, repository: a, tag: { pattern: "v(?P<major>.)" } }, to: { registry: ci, tag: "{mayor}" } }] }',
    '6:127: promotion.rules.0.to.tag: expected {repository}, {tag}, {project}, {name}, or a group of the pattern in from.tag: {0}, {1}, {major}; {mayor} is none of these',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, mode: "dry", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.mode: expected one of plan, apply, got "dry"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, schedule: "1h", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.schedule: expected a cron of five fields such as "0 3 * * 1-5", or six with the seconds first, got "1h"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, schedule: "@daily", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.schedule: expected a cron of five fields such as "0 3 * * 1-5", or six with the seconds first, got "***@daily"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, schedule: "H * * * *", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.schedule: expected a cron of five fields such as "0 3 * * 1-5", or six with the seconds first, got "H * * * *"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, schedule: "0 0 0 * * * *", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.schedule: expected a cron of five fields such as "0 3 * * 1-5", or six with the seconds first, got "0 0 0 * * * *"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, schedule: "61 * * * *", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.schedule: expected a cron that has a next time (Constraint error, got value 61 expected range 0-59), got "61 * * * *"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, schedule: "0 0 31 2 *", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.schedule: expected a cron that has a next time (Invalid explicit day of month definition), got "0 0 31 2 *"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, timeZone: "+02:00", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.timeZone: expected the name of a time zone, such as Europe/Berlin or UTC, got "+02:00"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, timeZone: "Europe/Atlantis", rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:58: expiry.policies.0.timeZone: expected the name of a time zone, such as Europe/Berlin or UTC, got "Europe/Atlantis"',
  ],
  [
    'snapshots: { every: 1h30m }',
    '6:14: snapshots.every: expected never or a duration such as 90s, 15m, 12h or 14d (units: ms s m h d w), got "1h30m"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "*" }] }] }',
    '6:66: expiry.policies.0.rules.0: expected keep, or expire: true',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: x }, rules: [{ tag: "*", keep: { newest: 1 } }] }] }',
    '6:42: expiry.policies.0.match.registry: expected a glob for a configured registry (ci), got "x"',
  ],
  [
    'expiry: { protect: { digests: ["sha256:abc"] } }',
    '6:32: expiry.protect.digests.0: expected a whole digest, such as sha256: and 64 hex digits, got "sha256:abc"',
  ],
  [
    'expiry: { protect: { labels: ["=x"] } }',
    '6:31: expiry.protect.labels.0: expected a label: key or key=value, without *. A key alone means any value, got "=x"',
  ],
  [
    'expiry: { protect: { labels: ["team=rel*"] } }',
    '6:31: expiry.protect.labels.0: expected a label: key or key=value, without *. A key alone means any value, got "team=rel*"',
  ],
  [
    'expiry: { protect: { repositories: ["ci/base/**"] } }',
    '6:37: expiry.protect.repositories.0: expected a glob for repositories, without the registry: base/**. If repositories begin so, too: [c]i/base/**, got "ci/base/**"',
  ],
  [
    'expiry: { protect: { tags: ["!dev-*"] } }',
    '6:29: expiry.protect.tags.0: expected a glob without !: it negates nothing. Name what is meant, as in v*, got "!dev-*"',
  ],
  [
    'expiry: { trash: { keep: 23h } }',
    '6:20: expiry.trash.keep: expected a duration of 1d or longer, got "23h"',
  ],
  [
    'expiry: { protect: { tags: ["^v.+$"] } }',
    '6:29: expiry.protect.tags.0: expected a glob, not a regular expression, got "^v.+$"',
  ],
  [
    'expiry: { gc: { schedule: daily } }',
    '6:17: expiry.gc.schedule: expected a cron of five fields such as "0 3 * * 1-5", or six with the seconds first, got "daily"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, notice: 3, rules: [{ tag: "*", keep: true }] }] }',
    '6:58: expiry.policies.0.notice: expected a duration such as 90s, 15m, 12h or 14d (units: ms s m h d w), got 3',
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

/** What is valid by itself, and means nothing: it never applies, or never does what it says. */
const meaningless: [yaml: string, problem: string][] = [
  [
    'quotas: [{ project: "ci/[**", limit: 1 }]',
    '6:12: quotas.0.project: expected a glob in which every [, { and ( is closed, got "ci/[**"',
  ],
  [
    'quotas: [{ project: "{ci/a,ci/b", limit: 1 }]',
    '6:12: quotas.0.project: expected a glob in which every [, { and ( is closed, got "{ci/a,ci/b"',
  ],
  [
    'quotas: [{ project: "ci/{a}", limit: 1 }]',
    '6:12: quotas.0.project: expected a glob with alternatives in braces, as in {a,b}, got "ci/{a}"',
  ],
  [
    'quotas: [{ project: "ci/[!a]*", limit: 1 }]',
    '6:12: quotas.0.project: expected a glob with [^…] in place of [!…], got "ci/[!a]*"',
  ],
  [
    'quotas: [{ project: "ci/Team-A/*", limit: 1 }]',
    '6:12: quotas.0.project: expected a glob that can match: the name of a project has only the characters a-z0-9._/-, got "ci/Team-A/*"',
  ],
  [
    'quotas: [{ project: "ci/team-a/", limit: 1 }]',
    '6:12: quotas.0.project: expected a glob that can match: the name of a project has no empty segment, got "ci/team-a/"',
  ],
  [
    'quotas: [{ project: "production/*", limit: 1 }]',
    '6:12: quotas.0.project: expected registry/path, with a glob for a configured registry (ci), got "production/*"',
  ],
  [
    'quotas: [{ project: "*", limit: 1 }]',
    '6:12: quotas.0.project: expected registry/path, with a glob for a configured registry (ci), got "*"',
  ],
  [
    'quotas: [{ project: "ci/*", limit: 1 }, { project: "ci/*", limit: 2 }]',
    '6:43: quotas.1.project: has the same value as quotas.0.project; the two must differ',
  ],
  [
    'quotas: [{ project: "**", limit: 1, warnAt: 0% }]',
    '6:37: quotas.0.warnAt: expected a percentage such as 80%, or a number such as 0.8: above 0, to 1 at most, got "0%"',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x", projects: ["c2/**"] }] }',
    '6:75: alerts.channels.0.projects.0: expected registry/path, with a glob for a configured registry (ci), got "c2/**"',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x", projects: [] }] }',
    '6:64: alerts.channels.0.projects: expected at least one entry',
  ],
  [
    'alerts: { channels: [{ name: a, type: slack, url: "https://x/change-me" }] }',
    '6:46: alerts.channels.0.url: expected a secret of your own, not a placeholder such as change-me',
  ],
  [
    'alerts: { channels: [{ name: a, type: webhook, url: "https://x", secret: whsec_Y2hhbmdlLW1lLXNpZ25pbmcta2V5LTAwMDE= }] }',
    '6:66: alerts.channels.0.secret: expected a secret of your own, not a placeholder such as change-me. To make one: echo "whsec_$(openssl rand -base64 32)"',
  ],
  [
    '  c2: { url: "https://x", token: "<the token of c2>" }',
    '6:27: registries.c2.token: expected a secret of your own, not a placeholder such as change-me',
  ],
  [
    '  c2: { url: "https://x", token: read-token-of-tests }',
    '6:27: registries.c2.token: has the same value as server.readToken; the two must differ',
  ],
  [
    '  c2: { url: "https://x", token: a token with some spaces }',
    '6:27: registries.c2.token: expected a string of ASCII characters without spaces: an HTTP header carries it',
  ],
  [
    '  c2: { url: "HTTPS://Registry.example.com:443/" }',
    '6:9: registries.c2.url: has the same value as registries.ci.url; the two must differ',
  ],
  [
    '  constructor: { url: "https://x" }',
    '6:3: registries.constructor: expected a name of lower-case letters, digits and dashes, 32 characters at most, with no dash first, and neither constructor nor prototype',
  ],
  [
    '  __proto__: { url: "https://x" }',
    '6:3: registries.__proto__: expected a name of lower-case letters, digits and dashes, 32 characters at most, with no dash first, and neither constructor nor prototype',
  ],
  ['__proto__: { a: 1 }', '6:1: __proto__: unknown key; expected one of server, workers'],
  [
    '  c2: { url: "https://x", repositories: { names: ["team-a/*"] } }',
    '6:51: registries.c2.repositories.names.0: expected the name of a repository, such as team-a/app, got "team-a/*"',
  ],
  [
    '  c2: { url: "https://x", repositories: { names: [] } }',
    '6:27: registries.c2.repositories: expected at least one of names, file and command',
  ],
  [
    '  c2: { url: "https://x", repositories: { command: [] } }',
    '6:43: registries.c2.repositories.command: expected at least one entry',
  ],
  [
    '  c2: { url: "https://x", repositories: { command: list --all } }',
    '6:43: registries.c2.repositories.command: expected a list, got a string',
  ],
  ['actors: "false"', '6:1: actors: expected true or false, without quotes, got "false"'],
  ['actors: no', '6:1: actors: expected true or false, without quotes, got "no"'],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci } }] }',
    '6:22: expiry.policies.0: expected rules, evict or both; or dialect with document or documentFile',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [] }] }',
    '6:58: expiry.policies.0.rules: expected at least one entry',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "*", keep: { newest: 1 } }], dialect: quay, document: { policies: [] } }] }',
    '6:22: expiry.policies.0: expected rules, evict or both; or dialect with document or documentFile',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "*", keep: { newest: 1 } }], document: { policies: [] } }] }',
    '6:22: expiry.policies.0: expected rules, evict or both; or dialect with document or documentFile',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, evict: { to: 80% }, dialect: quay, document: { policies: [] } }] }',
    '6:22: expiry.policies.0: expected rules, evict or both; or dialect with document or documentFile',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, evict: { to: 0 } }] }',
    '6:67: expiry.policies.0.evict.to: expected a percentage such as 80%, or a number such as 0.8: above 0, to 1 at most, got 0',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, evict: { order: newest } }] }',
    '6:67: expiry.policies.0.evict.order: expected one of least-recently-used, oldest, largest-reclaimable, got "newest"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, evict: { limit: 1GiB } }] }',
    '6:67: expiry.policies.0.evict.limit: unknown key; expected one of to, order, floor, tiers',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, evict: { tiers: [] } }] }',
    '6:67: expiry.policies.0.evict.tiers: expected at least one entry',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, evict: { tiers: [{ tag: "pr-*" }, {}] } }] }',
    '6:92: expiry.policies.0.evict.tiers.1: expected at least one condition, such as tag or olderThan',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, evict: { tiers: [{ trust: [event], tag: "*" }] } }] }',
    '6:75: expiry.policies.0.evict.tiers.0: expected olderThan: trust is about ages',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, dialect: ecr }] }',
    '6:22: expiry.policies.0: expected rules, evict or both; or dialect with document or documentFile',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, document: { policies: [] } }] }',
    '6:22: expiry.policies.0: expected rules, evict or both; or dialect with document or documentFile',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, dialect: acr, document: {} }] }',
    '6:58: expiry.policies.0.dialect: expected one of ecr, gitlab, harbor, quay, zot, got "acr"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, dialect: quay, document: { policies: [{ method: number_of_tags, value: 0 }] } }] }',
    '6:73: expiry.policies.0.document: policies[0].value: expected an integer of at least 1',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, dialect: gitlab, document: [] }] }',
    '6:75: expiry.policies.0.document: policy: expected an object',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, dialect: gitlab, document: "{" }] }',
    "6:75: expiry.policies.0.document: neither JSON nor YAML: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, dialect: ecr, document: {}, documentFile: a }] }',
    '6:72: expiry.policies.0.document: expected document or documentFile, not both',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "feature/*", keep: { newest: 1 } }] }] }',
    '6:68: expiry.policies.0.rules.0.tag: expected a glob that can match: the name of a tag has only the characters A-Za-z0-9._-, got "feature/*"',
  ],
  [
    "expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: '^v\\d+$', expire: true, olderThan: 1d }] }] }",
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written { pattern: \'…\' }, got "^v\\\\d+$"',
  ],
  [
    "expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: '(?:v.+|master|\\d+)', expire: true, olderThan: 1d }] }] }",
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written { pattern: \'…\' }, got "(?:v.+|master|\\\\d+)"',
  ],
  [
    "expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: 'v.+', expire: true, olderThan: 1d }] }] }",
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written { pattern: \'…\' }, got "v.+"',
  ],
  [
    "expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: '(?!v).*', expire: true, olderThan: 1d }] }] }",
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written { pattern: \'…\' }, got "(?!v).*"',
  ],
  [
    "expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: '[0-9]+\\.[0-9]+', expire: true, olderThan: 1d }] }] }",
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written { pattern: \'…\' }, got "[0-9]+\\\\.[0-9]+"',
  ],
  [
    "expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: 'v1|v2', expire: true, olderThan: 1d }] }] }",
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written { pattern: \'…\' }, got "v1|v2"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: ".*", expire: true, olderThan: 1d }] }] }',
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written { pattern: \'…\' }, got ".*"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "pr-.*", olderThan: 1d, expire: true }] }] }',
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "build-{10..99}", olderThan: 1d, expire: true }] }] }',
    '6:68: expiry.policies.0.rules.0.tag: expected a glob without ranges such as {1..9}: write [1-9], or {1,2,3}, got "build-{10..99}"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "v[0-9]{1,3}", olderThan: 1d, expire: true }] }] }',
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, not a regular expression; a pattern is written',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "-v*", olderThan: 1d, expire: true }] }] }',
    '6:68: expiry.policies.0.rules.0.tag: expected a glob that can match: no tag begins with a dot or a dash, got "-v*"',
  ],
  [
    'promotion: { rules: [{ name: a, from: { registry: ci, repository: a, tag: "^v.*$" }, to: { registry: ci, repository: b } }] }',
    '6:70: promotion.rules.0.from.tag: expected a glob, not a regular expression; a pattern is written { pattern: \'…\' }, got "^v.*$"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: { pattern: "(?!v).*" }, expire: true }] }] }',
    '6:75: expiry.policies.0.rules.0.tag.pattern: expected a valid RE2 pattern (error parsing regexp: invalid or unsupported Perl syntax: `(?!`), got "(?!v).*"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: { regex: v }, expire: true }] }] }',
    '6:68: expiry.policies.0.rules.0.tag: expected a glob, or { pattern: … }',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ expire: true }] }] }',
    '6:66: expiry.policies.0.rules.0: expected at least one condition beside expire, such as tag or olderThan',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "*", keep: true, expire: true }] }] }',
    '6:66: expiry.policies.0.rules.0: expected keep or expire, not both',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tagged: false, tag: v1, expire: true }] }] }',
    '6:66: expiry.policies.0.rules.0: expected no tag and no only: an image without tags has none',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ keep: { newest: 3, by: semver } }] }] }',
    '6:66: expiry.policies.0.rules.0: expected a tag: by: semver compares tags',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: v*, keep: { newest: 3, per: branch } }] }] }',
    '6:66: expiry.policies.0.rules.0: expected in per: repository, or a group of the pattern in tag, (?P<branch>…)',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: v*, keep: { newest: 0 } }] }] }',
    '6:85: expiry.policies.0.rules.0.keep.newest: expected an integer of at least 1, got 0',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: v*, keep: { newest: 2, by: age } }] }] }',
    '6:96: expiry.policies.0.rules.0.keep.by: expected one of pushed, used, semver, got "age"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: v*, keep: { by: used } }] }] }',
    '6:77: expiry.policies.0.rules.0.keep.newest: missing; expected an integer of at least 1',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: v*, keep: { newst: 2 } }] }] }',
    '6:85: expiry.policies.0.rules.0.keep.newst: unknown key; expected one of newest, by, per, got 2',
  ],
  [
    'expiry: { policies: [{ name: p, rules: [{ tag: v*, keep: true }] }] }',
    '6:22: expiry.policies.0.match: missing; expected match: { registry: ci }',
  ],
  [
    'alerts: { channels: [{ name: a, type: webhook, url: "https://h.example.com", secret: whsec_… }] }',
    '6:78: alerts.channels.0.secret: expected a secret of your own, not a placeholder such as change-me. To make one: echo "whsec_$(openssl rand -base64 32)"',
  ],
  [
    'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: v*, trust: [event], expire: true }] }] }',
    '6:66: expiry.policies.0.rules.0: expected olderThan: trust is about ages',
  ],
  [
    'promotion: { rules: [{ name: a, from: { registry: ci, repository: a, tag: b }, to: { registry: ci, repository: "Released/{name}" } }] }',
    '6:100: promotion.rules.0.to.repository: expected the name of a repository, perhaps with variables such as {repository}, {tag}, {project} and {name}, got "Released/{name}"',
  ],
  [
    'promotion: { rules: [{ name: a, from: { registry: ci, repository: "**", tag: "v*" }, to: { registry: ci, repository: "released/{repository}" } }] }',
    '6:22: promotion.rules.0: leads back to itself, so it does not copy such images: ci/x:vx → ci/released/x:vx',
  ],
  [
    '  c2: { url: "https://x", type: cache }\npromotion: { rules: [{ name: a, from: { registry: ci, repository: "**", tag: "v*" }, to: { registry: c2 } }] }',
    '7:92: promotion.rules.0.to.registry: expected a registry that takes pushes; this one is a cache, got "c2"',
  ],
]

test.each(meaningless)('means nothing: %s', async (yaml, problem) => {
  const [first, ...more] = await problemsOf(`${minimal}${yaml}\n`)
  expect(first).toContain(`tallyman.yaml:${problem}`)
  expect(more).toEqual([])
})

test('promotion rules that lead in a circle are each told, with an image that none of them copies', async () => {
  const rule = (name: string, from: string, to: string, repository: string) =>
    `{ name: ${name}, from: { registry: ${from}, repository: '${repository}', tag: 'v*' }, to: { registry: ${to} } }`
  const yaml = `  b: { url: 'https://b' }
  c: { url: 'https://c' }
promotion:
  rules:
    - ${rule('first', 'ci', 'b', '**')}
    - ${rule('second', 'b', 'c', '{hot,fix}/**')}
    - ${rule('third', 'c', 'ci', '**')}
    - ${rule('harmless', 'c', 'b', 'other/*')}
`
  expect(await problemsOf(minimal + yaml)).toEqual([
    'tallyman.yaml:10:7: promotion.rules.0: leads back to itself, so it does not copy such images: ci/hot/x:vx → b/hot/x:vx → c/hot/x:vx → ci/hot/x:vx',
    'tallyman.yaml:11:7: promotion.rules.1: leads back to itself, so it does not copy such images: b/hot/x:vx → c/hot/x:vx → ci/hot/x:vx → b/hot/x:vx',
    'tallyman.yaml:12:7: promotion.rules.2: leads back to itself, so it does not copy such images: c/hot/x:vx → ci/hot/x:vx → b/hot/x:vx → c/hot/x:vx',
  ])
})

test.each([
  'quotas: [{ project: "{ci/a,ci/b}/*", limit: 1 }, { project: "**/app", limit: 1 }, { project: "c*/[^a-c]*", limit: 1, warnAt: 100% }]',
  'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "@(pr|mr)-[0-9]*", keep: { newest: 1 } }] }] }',
  'expiry: { policies: [{ name: p, match: { registry: "*" }, rules: [{ tag: { pattern: "(?:v.+|main)" }, keep: true }] }] }',
  'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: { pattern: "(?P<b>.+)-[0-9]+" }, keep: { newest: 3, per: b } }] }] }',
  'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "v1.*", olderThan: 1d, expire: true }] }] }',
  'expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: "*.*", olderThan: 1d, expire: true }] }] }',
  'promotion: { rules: [{ name: a, from: { registry: ci, repository: "team-*/**", tag: "{rc,v}*" }, to: { registry: ci, repository: "released/{repository}" } }] }',
  'promotion: { rules: [{ name: a, from: { registry: ci, repository: "**", tag: "rc-*" }, to: { registry: ci, tag: stable } }] }',
])('is right: %s', async (yaml) => {
  expect(await problemsOf(`${minimal}${yaml}\n`)).toEqual([])
})
