import { glob, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { jsonSchemaOfConfig, SCHEMA_PATH } from '../../src/config/json-schema.ts'
import { refusalsOfYaml } from './accepts.ts'
import { minimal } from './write-config.ts'

test('the file in the repository is the schema of the source: npm run docs writes it', async () => {
  expect(JSON.parse(await readFile(SCHEMA_PATH, 'utf8'))).toEqual(jsonSchemaOfConfig())
})

const shipped = [
  ...['tallyman.example.yaml', 'demo/tallyman.yaml'],
  ...(await Array.fromAsync(glob('deploy/**/tallyman.yaml'))),
]

test.each(shipped)('accepts %s', async (file) => {
  expect(refusalsOfYaml(await readFile(file, 'utf8'))).toEqual([])
})

test('accepts secrets in files, sections without keys, and numbers as text', () => {
  const yaml = `server: { readTokenFile: /run/read, adminTokenFile: /run/admin, port: "8080" }
redis:
quotas:
store:
registries: { ci: { url: 'http://registry:5000', token: sixteen-letters-or-more, project: } }`
  expect(refusalsOfYaml(yaml)).toEqual([])
})

test('leaves out secrets, which may come from the environment', () => {
  expect(refusalsOfYaml('registries: { ci: { url: https://registry.example.com } }')).toEqual([])
})

const ci = "registries: { ci: { url: 'https://registry.example.com' } }\n"

test.each([
  ['', ' must be object'],
  ['server: {}', " must have required property 'registries'"],
  ['registries: {}', '/registries must NOT have fewer than 1 properties'],
  ['registries: { ci: {} }', "/registries/ci must have required property 'url'"],
  ['registries: { CI: { url: https://x } }', '/registries must NOT have additional properties'],
  ['registries: { ci: { url: registry:5000 } }', '/registries/ci/url must match pattern'],
  [`${ci}servr: {}`, ' must NOT have additional properties'],
  [`${ci}server: { port: 70000 }`, '/server/port must be <= 65535'],
  [`${ci}server: { port: http }`, '/server/port must match pattern'],
  [`${ci}server: { readToken: short }`, '/server/readToken must NOT have fewer than 16 characters'],
  [
    `${ci}server: { readToken: sixteen-letters-0, readTokenFile: f }`,
    '/server/readToken boolean schema is false',
  ],
  [`${ci}server: { bodyLimit: 10 megabytes }`, '/server/bodyLimit must match pattern'],
  [`${ci}server: { bodyLimit: 0MiB }`, '/server/bodyLimit must match pattern'],
  [`${ci}server: { bodyLimit: [10MiB] }`, '/server/bodyLimit must be string,number'],
  [`${ci}log: { level: loud }`, '/log/level must be equal to one of the allowed values'],
  [`${ci}log: debug`, '/log must be object,null'],
  [`${ci}actors: "false"`, '/actors must be boolean'],
  [`${ci}quotas: { project: ci/a }`, '/quotas must be array,null'],
  [`${ci}quotas: [{ project: ci/a }]`, "/quotas/0 must have required property 'limit'"],
  [`${ci}quotas: [{ project: ci/a, limit: 1GiB, warnAt: 120% }]`, '/quotas/0/warnAt must match pattern'],
  [`${ci}quotas: [{ limit: 1GiB }]`, "/quotas/0 must have required property 'project'"],
  [
    `${ci}quotas: [{ group: a, projects: [], limit: 1GiB }]`,
    '/quotas/0/projects must NOT have fewer than 1 items',
  ],
  [
    `${ci}quotas: [{ project: ci/a, limit: 1GiB, escalate: { after: 7d } }]`,
    "/quotas/0/escalate must have required property 'channels'",
  ],
  [
    `${ci}alerts: { channels: [{ name: a, type: slak }] }`,
    '/alerts/channels/0/type must be equal to constant',
  ],
  [
    `${ci}alerts: { channels: [{ name: a, type: slack, severity: high }] }`,
    '/alerts/channels/0/severity must be equal to one of the allowed values',
  ],
  [
    `${ci}alerts: { channels: [{ name: a, type: email, host: h, from: a@b, to: [] }] }`,
    '/alerts/channels/0/to must NOT have fewer than 1 items',
  ],
  [
    `${ci}alerts: { channels: [{ name: a, type: irc, host: h, room: ops }] }`,
    '/alerts/channels/0/room must match pattern',
  ],
  [
    `${ci}expiry: { policies: [{ name: p, match: { registry: ci } }] }`,
    "/expiry/policies/0 must have required property 'rules'",
  ],
  [
    `${ci}expiry: { policies: [{ name: p, rules: [{ tag: a, expire: true }] }] }`,
    "/expiry/policies/0 must have required property 'match'",
  ],
  [
    `${ci}expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: a }] }] }`,
    "/expiry/policies/0/rules/0 must have required property 'keep'",
  ],
  [
    `${ci}expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ tag: a, keep: true, expire: true }] }] }`,
    '/expiry/policies/0/rules/0 must match exactly one schema in oneOf',
  ],
  [
    `${ci}expiry: { policies: [{ name: p, match: { registry: ci }, rules: [{ keep: { newest: 0 } }] }] }`,
    '/expiry/policies/0/rules/0/keep/newest must be >= 1',
  ],
  [
    `${ci}expiry: { policies: [{ name: p, match: { registry: ci }, dialect: zot, rules: [{ keep: true }] }] }`,
    '/expiry/policies/0/rules boolean schema is false',
  ],
  [`${ci}expiry: { maxShare: 0 }`, '/expiry/maxShare must be > 0'],
  [`${ci}expiry: { trash: { keep: 30 } }`, '/expiry/trash/keep must be string'],
  [
    `${ci}promotion: { rules: [{ name: r, from: { registry: ci, repository: a } }] }`,
    "/promotion/rules/0/from must have required property 'tag'",
  ],
  [
    `${ci}promotion: { rules: [{ name: r, from: { registry: ci, repository: a, tag: { glob: b } }, to: { registry: ci } }] }`,
    "/promotion/rules/0/from/tag must have required property 'pattern'",
  ],
  [`${ci}reconcile: { every: sometimes }`, '/reconcile/every must match pattern'],
  [`${ci}store: { type: gcs }`, '/store/type must be equal to constant'],
  [`${ci}store: { type: s3 }`, "/store must have required property 'bucket'"],
])('refuses %j', (yaml, refusal) => {
  expect(refusalsOfYaml(yaml).filter((one) => one.startsWith(refusal))).not.toEqual([])
})

test('accepts what this table of wrong ones adds to', () => {
  expect(refusalsOfYaml(ci)).toEqual([])
  expect(refusalsOfYaml(minimal)).toEqual([])
})
