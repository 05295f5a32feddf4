import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { makeKey, startIssuer } from '../../lab/issuer.ts'
import { freePort } from '../../lab/ports.ts'
import { type LabRedis, startRedis } from '../../lab/redis.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
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
  const { status, lines, err } = await check({
    redis: { url: redis.url },
    registries: {
      ci: {
        ...{ url: registry.url, username: 'alice', password: 'pw' },
        storage: { type: 'folder', path: registry.storage },
        repositories: { names: ['team-a/app', 'team-b/web'] },
      },
    },
    alerts: { channels: [{ name: 'ops', type: 'slack', url: `${chatUrl}/hooks/secret` }] },
    ci: ciOf(issuer.url),
    store: { type: 'folder', path: join(folder, 'store') },
  })
  expect(lines).toEqual([
    `ok     redis: INFO at 127.0.0.1:${redis.port}`,
    `ok     registry ci: GET ${registry.url}/v2/`,
    `ok     storage of ci: list the folder ${registry.storage}`,
    'ok     repositories of ci: read the list: 2 names',
    `ok     channel ops: HEAD ${chatUrl}/: the host answers (405); no alert was sent`,
    `ok     issuer gitlab: GET ${issuer.url}/.well-known/openid-configuration: keys: 1`,
    `ok     store: write, list, read and remove an object in the folder ${join(folder, 'store')}`,
  ])
  expect({ status, err }).toEqual({ status: 0, err: '' })
  await issuer.close()
  expect(requests).toEqual(['HEAD /'])
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
    ci: ciOf(`http://${nobody}`),
    store: { type: 'folder', path: join(folder, 'file') },
  })
  const failures = [
    /^FAILED redis: INFO at .*: nothing listens there/,
    /^FAILED registry ci: GET .*: 401/,
    /^FAILED registry gone: GET .*ECONNREFUSED/,
    /^FAILED storage of gone: list the folder .* is this the registry's rootdirectory\?/,
    /^FAILED repositories of gone: the groups of GitLab at .*ECONNREFUSED/,
    /^FAILED channel ops: HEAD .*ECONNREFUSED/,
    /^FAILED issuer gitlab: GET .*its discovery document at .*ECONNREFUSED/,
    /^FAILED store: write.*: cannot use the folder/,
  ]
  expect(lines).toEqual(failures.map((pattern) => expect.stringMatching(pattern)))
  expect({ status, err }).toEqual({ status: 1, err: '8 of 8 failed\n' })
  expect(lines.join('\n')).not.toContain('hunter2')
})
