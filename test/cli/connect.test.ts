import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { startFaultyProxy } from '../../lab/faulty-registry.ts'
import { startGitlabIssues } from '../../lab/gitlab-issues.ts'
import { makeImage } from '../../lab/image.ts'
import { makeKey, startIssuer } from '../../lab/issuer.ts'
import { freePort } from '../../lab/ports.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { tallyman } from './cli-bed.ts'

const HTPASSWD = 'alice:$2b$05$f7WCXQb1o08uoyQlAvN9n./H/7Dy/qv6z0F/xBuijWlTGtAp.xKPq\n' // pw
let folder: string
let registry: LabRegistry
let redis: LabRedis
let chat: Server
let chatUrl: string
/** What the chat was sent. */
const requests: string[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-connect-'))
  registry = await startRegistry({ htpasswd: HTPASSWD })
  await mkdir(join(registry.storage, 'docker/registry/v2/repositories'), { recursive: true })
  redis = await startRedis({ args: ['--appendonly', 'yes'] })
  chat = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    response.writeHead(405).end()
  })
  const port = await freePort()
  await new Promise<void>((resolve) => chat.listen(port, '127.0.0.1', resolve))
  chatUrl = `http://127.0.0.1:${port}`
})
afterAll(async () => {
  chat.closeAllConnections()
  chat.close()
  await redis.close()
  await registry.close()
  await rm(folder, { recursive: true })
})

async function check(config: object) {
  const file = join(folder, 'tallyman.yaml')
  const server = { readToken: 'read-token-of-tests', adminToken: 'admin-token-of-tests' }
  await writeFile(file, stringify({ server, dataDir: folder, ...config }))
  const { status, out, err } = await tallyman({}, 'config', 'check', file, '--connect')
  return { status, lines: out.split('\n').slice(1, -1), err }
}

const ciOf = (issuer: string) => {
  const projects = [{ path: '**', registry: 'ci' }]
  return { issuers: [{ name: 'gitlab', type: 'gitlab', issuer, audience: 'tallyman', projects }] }
}

test('config check --connect tries everything that the configuration names, and sends no alert', async () => {
  const issuer = await startIssuer([await makeKey('one')])
  const gitlab = await startGitlabIssues('glpat-secret', [])
  const { status, lines, err } = await check({
    redis: { url: redis.url },
    registries: {
      ci: {
        ...{ url: registry.url, username: 'alice', password: 'pw' },
        storage: { type: 'folder', path: registry.storage },
        repositories: { names: ['team-a/app', 'team-b/web'] },
      },
    },
    alerts: {
      channels: [
        { name: 'ops', type: 'slack', url: `${chatUrl}/hooks/secret` },
        { name: 'issues', type: 'gitlab-issue', url: gitlab.url, token: 'glpat-secret' },
      ],
    },
    events: {
      queue: { name: 'tallyman-events', redis: redis.url },
      webhooks: [{ name: 'deploy', url: `${chatUrl}/hooks/secret`, secret: 'whsec_c2VjcmV0' }],
    },
    ci: ciOf(issuer.url),
    store: { type: 'folder', path: join(folder, 'store') },
  })
  expect(lines).toEqual([
    `ok     redis: INFO at 127.0.0.1:${redis.port}`,
    `ok     registry ci: GET ${registry.url}/v2/`,
    `ok     storage of ci: list the folder ${registry.storage}`,
    'ok     repositories of ci: read the list: 2 names',
    `ok     channel ops: HEAD ${chatUrl}/: the host answers (405); no alert was sent`,
    `ok     channel issues: GET ${gitlab.url}/api/v4/user: GitLab takes the token of tallyman; no alert was sent`,
    `ok     events to queue: PING at 127.0.0.1:${redis.port}: PONG; no event was sent`,
    `ok     events to webhook deploy: HEAD ${chatUrl}/: the host answers (405); no event was sent`,
    `ok     issuer gitlab: GET ${issuer.url}/.well-known/openid-configuration: keys: 1`,
    `ok     store: write, list, read and remove an object in the folder ${join(folder, 'store')}`,
  ])
  expect({ status, err }).toEqual({ status: 0, err: '' })
  await issuer.close()
  await gitlab.close()
  expect(requests).toEqual(['HEAD /', 'HEAD /'])
  const left = await readdir(join(folder, 'store'), { recursive: true, withFileTypes: true })
  expect(left.filter((entry) => entry.isFile())).toEqual([])
})

test('config check --connect says what failed and why, and exits 1', async () => {
  const nobody = `127.0.0.1:${await freePort()}`
  await writeFile(join(folder, 'file'), '')
  const { status, lines, err } = await check({
    redis: { url: `redis://${nobody}` },
    registries: {
      ci: { url: registry.url, username: 'alice', password: 'hunter2-hunter2' },
      gone: {
        ...{ url: `http://${nobody}`, storage: { type: 'folder', path: folder } },
        gitlab: { url: `http://${nobody}`, token: 'glpat-hunter2', groups: ['a'] },
      },
    },
    alerts: { channels: [{ name: 'ops', type: 'slack', url: `http://${nobody}/hooks/hunter2` }] },
    events: {
      queue: { name: 'tallyman-events', redis: `redis://:hunter2@${nobody}` },
      webhooks: [{ name: 'deploy', url: `http://${nobody}/hunter2`, secret: 'whsec_c2VjcmV0' }],
    },
    ci: ciOf(`http://${nobody}`),
    store: { type: 'folder', path: join(folder, 'file') },
  })
  const failures = [
    /^FAILED redis: INFO at .*: nothing listens there/,
    /^FAILED registry ci: GET .*: 401/,
    /^FAILED registry gone: GET .*ECONNREFUSED/,
    /^FAILED storage of gone: list the folder .* is this the registry's rootdirectory, and has anything been pushed yet\?/,
    /^FAILED repositories of gone: the groups of GitLab at .*ECONNREFUSED/,
    /^FAILED channel ops: HEAD .*ECONNREFUSED/,
    /^FAILED events to queue: PING at .*ECONNREFUSED/,
    /^FAILED events to webhook deploy: HEAD .*ECONNREFUSED/,
    /^FAILED issuer gitlab: GET .*its discovery document at .*ECONNREFUSED/,
    /^FAILED store: write.*: cannot use the folder/,
  ]
  expect(lines).toEqual(failures.map((pattern) => expect.stringMatching(pattern)))
  expect({ status, err }).toEqual({ status: 1, err: '10 of 10 failed\n' })
  expect(lines.join('\n')).not.toContain('hunter2')
})

describe('where expiry deletes and promotion copies, a delete and a push are tried that change nothing', () => {
  const rules = [{ tag: 'pr-*', olderThan: '14d', expire: true }]
  const applied = (repository: string) => ({
    policies: [
      { name: 'old', match: { registry: 'ci', repository }, mode: 'apply', rules },
      { name: 'only-plans', match: { registry: 'prod' }, rules },
    ],
  })
  const promoted = {
    rules: [
      {
        name: 'release',
        from: { registry: 'ci', repository: 'team-a/*', tag: 'v*' },
        to: { registry: 'prod', repository: 'released/{name}' },
      },
    ],
  }
  const changes = (lines: readonly string[]) => lines.filter((line) => / (deletes|pushes) /.test(line))
  const app = makeImage({ layers: [{ seed: 'app', bytes: 500 }] })

  test('they are tried in a repository that the policy or the rule is about', async () => {
    const bare = await startRegistry({ htpasswd: HTPASSWD })
    const other = await startRegistry({ htpasswd: HTPASSWD })
    const credentials = { username: 'alice', password: 'pw' }
    const client = makeRegistryClient({ name: 'ci', url: bare.url, credentials })
    try {
      const registries = { ci: { url: bare.url, ...credentials }, prod: { url: other.url, ...credentials } }
      const asked = { redis: { url: redis.url }, registries, promotion: promoted }
      const empty = await check({ ...asked, expiry: applied('team-a/**') })
      expect(changes(empty.lines)).toEqual([
        'ok     deletes at ci: DELETE of a random digest: not tried: it has no repository that a policy with "mode: apply" is about',
        'ok     pushes of expiry to ci: PUT of a manifest whose config is nowhere: not tried: it has no repository that a policy with "mode: apply" is about',
        'ok     pushes of promotion to prod: PUT of a manifest whose config is nowhere: not tried: there is no repository that a promotion rule copies to it',
      ])
      for (const repository of ['other/app', 'team-a/app']) await pushImage(client, repository, 'v1', app)
      const { status, lines } = await check({ ...asked, expiry: applied('team-a/**') })
      expect(status).toBe(0)
      expect(changes(lines)).toEqual([
        'ok     deletes at ci: DELETE of a random digest: allowed in team-a/app; nothing was deleted',
        'ok     pushes of expiry to ci: PUT of a manifest whose config is nowhere: allowed in team-a/app; nothing was pushed',
        'ok     pushes of promotion to prod: PUT of a manifest whose config is nowhere: allowed in released/app; nothing was pushed',
      ])
      expect(await Array.fromAsync(client.tags('team-a/app'))).toEqual(['v1'])
      expect(await readdir(join(other.storage, 'docker'), { recursive: true }).catch(() => [])).toEqual([])
    } finally {
      await client.close()
      await bare.close()
      await other.close()
    }
  })

  test('a registry that refuses them is a failure', async () => {
    const strict = await startRegistry({ deleteEnabled: false })
    const noPushes = await startFaultyProxy(strict)
    const client = makeRegistryClient({ name: 'ci', url: strict.url })
    try {
      await pushImage(client, 'team-a/app', 'v1', app)
      noPushes.onRequest(({ method }) => (method === 'PUT' ? 403 : undefined))
      const registries = { ci: { url: noPushes.url } }
      const { status, lines } = await check({
        redis: { url: redis.url },
        registries,
        expiry: { policies: applied('**').policies.slice(0, 1) },
      })
      expect(status).toBe(1)
      expect(changes(lines)).toEqual([
        'FAILED deletes at ci: DELETE of a random digest: in team-a/app, it answers 405: it does not delete (storage.delete.enabled)',
        expect.stringMatching(/^FAILED pushes of expiry to ci: .*403/),
      ])
    } finally {
      await client.close()
      await noPushes.close()
    }
  })
})

test('config check --connect reads each source of images in use, and tells how many names are of registries that it has', async () => {
  await writeFile(
    join(folder, 'in-use.txt'),
    'ci/team-a/app:v1\nci/team-a/app:v1\nelsewhere.example.com/app:v1\n',
  )
  const { status, lines } = await check({
    redis: { url: redis.url },
    registries: { ci: { url: registry.url, username: 'alice', password: 'pw' } },
    expiry: {
      inUse: [
        { name: 'nomad', file: join(folder, 'in-use.txt') },
        { name: 'gitops', folder: join(folder, 'nowhere') },
        { name: 'secret', url: `${chatUrl}/hunter2` },
      ],
    },
  })
  expect(status).toBe(1)
  expect(lines.filter((line) => line.includes('in use'))).toEqual([
    `ok     images in use by nomad: read the file ${join(folder, 'in-use.txt')}: 2 names, 1 of them at registries of this configuration`,
    expect.stringMatching(/^FAILED images in use by gitops: read the folder .*nowhere: .*no such file/),
    `FAILED images in use by secret: GET at ${chatUrl}: the answer is 405`,
  ])
})
