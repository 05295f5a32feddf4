import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startProxy } from '../../lab/proxy.ts'
import { VERSION } from '../../src/platform/version.ts'
import { tallyman } from './cli-bed.ts'

let folder: string
const servers: Server[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-find-service-'))
})
afterAll(async () => {
  for (const server of servers) server.close()
  await rm(folder, { recursive: true })
})

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'))
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
const serve = async (answer: RequestListener) => `http://127.0.0.1:${await listen(createServer(answer))}`

const json = (response: Parameters<RequestListener>[1], value: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

const WHO = { who: 'x', verbs: ['read'], projects: ['**'], expiresAt: null, version: VERSION }

test('the address and the token come from the environment; no configuration is read', async () => {
  const tokens: unknown[] = []
  const url = await serve(({ headers }, response) => {
    tokens.push(headers.authorization)
    json(response, WHO)
  })
  const file = join(folder, 'token')
  await writeFile(file, 'of-a-file\n')
  const env = { TALLYMAN_CONFIG: '/nowhere', TALLYMAN_URL: `${url}/` }
  expect((await tallyman({ ...env, TALLYMAN_TOKEN: 'given' }, 'whoami')).status).toBe(0)
  expect((await tallyman({ ...env, TALLYMAN_TOKEN_FILE: file }, 'whoami')).status).toBe(0)
  expect(tokens).toEqual(['Bearer given', 'Bearer of-a-file'])
  const both = { ...env, TALLYMAN_TOKEN: 'given', TALLYMAN_TOKEN_FILE: file }
  expect((await tallyman(both, 'whoami')).err).toMatch(/^expected TALLYMAN_TOKEN or TALLYMAN_TOKEN_FILE/)
  await writeFile(file, '\n')
  expect((await tallyman({ ...env, TALLYMAN_TOKEN_FILE: file }, 'whoami')).err).toMatch(/token is empty/)
  expect((await tallyman({ ...env, TALLYMAN_URL: 'ftp://x' }, 'whoami')).err).toMatch(
    /^TALLYMAN_URL: expected/,
  )
  expect(tokens).toHaveLength(2)
})

test.each([
  'http://user:geheim@127.0.0.1:1',
  'http://:geheim@127.0.0.1:1',
  'http://127.0.0.1:1?k=geheim',
  'http://x/#geheim',
  'file:///geheim',
])('the address %s is refused, and not repeated where it may hold a password', async (TALLYMAN_URL) => {
  const found = await tallyman({ TALLYMAN_URL, TALLYMAN_TOKEN: 't' }, 'whoami')
  expect(found).toEqual({
    ...{ status: 1, out: '' },
    err: 'TALLYMAN_URL: expected an http or https URL without user, password, query and fragment\n',
  })
})

test.each([
  [401, 5],
  [403, 5],
  [404, 6],
  [503, 7],
  [400, 1],
  [409, 1],
  [502, 1],
])('%i of the service gives the exit status %i', async (status, exit) => {
  const url = await serve((_, response) => json(response, { detail: 'because' }, status))
  const found = await tallyman({ TALLYMAN_URL: url, TALLYMAN_TOKEN: 't' }, 'registries')
  expect(found).toMatchObject({ status: exit, out: '', err: expect.stringContaining(`${status} because`) })
})

test.each([
  [200, 1, /the answer is text\/html, not JSON: this is not Tallyman, but a proxy or a login page/],
  [502, 7, /502 without a reason: is it Tallyman that answers there, or a proxy\?/],
  [302, 1, /302 it leads to https:\/\/login\.example\.com/],
])('a proxy that answers %i with HTML is told from the service', async (status, exit, text) => {
  const url = await serve((_, response) =>
    response
      .writeHead(status, { 'content-type': 'text/html', location: 'https://login.example.com/?u=\u009b' })
      .end('<html>'),
  )
  const found = await tallyman({ TALLYMAN_URL: url, TALLYMAN_TOKEN: 't' }, 'registries')
  expect(found).toMatchObject({ status: exit, out: '', err: expect.stringMatching(text) })
})

test('a service of another version is named where it cannot be understood', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/v1/whoami') return json(response, { ...WHO, version: '9.9.9' })
    if (request.url === '/v1/snapshots') return json(response, { snapshots: [{ kee: 1 }] })
    return json(response, { detail: `no route GET ${request.url}` }, 404)
  })
  const note = `This is tallyman ${VERSION}, and the service is 9.9.9: use the command of the same version.\n`
  for (const argv of [['snapshot', 'list'], ['jobs']])
    expect((await tallyman({ TALLYMAN_URL: url, TALLYMAN_TOKEN: 't' }, ...argv)).err).toContain(note)
})

test('a private authority is trusted with --ca-file', async () => {
  const [key, ca] = [join(folder, 'key.pem'), join(folder, 'ca.pem')]
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'],
    ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', ca],
  ])
  const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(ca) }, (_, response) =>
    json(response, WHO),
  )
  const env = { TALLYMAN_URL: `https://127.0.0.1:${await listen(server)}`, TALLYMAN_TOKEN: 't' }
  expect(await tallyman(env, 'whoami')).toMatchObject({
    ...{ status: 7, err: expect.stringMatching(/no answer \(\w*CERT\w*\).*\n.*--ca-file FILE/) },
  })
  expect((await tallyman(env, 'whoami', '--ca-file', ca)).status).toBe(0)
  expect((await tallyman(env, 'whoami', '--ca-file', '/nowhere')).err).toMatch(
    /^--ca-file: \/nowhere cannot be/,
  )
})

test('a service elsewhere is asked over the proxy of the environment, one on this machine is not', async ({
  onTestFinished,
}) => {
  const proxy = await startProxy('user:pass-word')
  onTestFinished(proxy.close)
  const url = await serve((_, response) => json(response, WHO))
  const port = new URL(url).port
  const http_proxy = proxy.url.replace('//', '//user:pass-word@')
  const env = { TALLYMAN_TOKEN: 't', http_proxy }
  for (const host of ['127.0.0.1', 'localhost'])
    expect((await tallyman({ ...env, TALLYMAN_URL: `http://${host}:${port}` }, 'whoami')).status).toBe(0)
  expect(proxy.asked).toEqual([])

  // All addresses of this machine, and no name of it: what is beyond the proxy stands for elsewhere.
  const elsewhere = { ...env, TALLYMAN_URL: `http://0.0.0.0:${port}` }
  expect((await tallyman(elsewhere, 'whoami')).status).toBe(0)
  expect(proxy.asked).toEqual([`GET http://0.0.0.0:${port}/v1/whoami`])
  expect((await tallyman({ ...elsewhere, NO_PROXY: '0.0.0.0' }, 'whoami')).status).toBe(0)
  expect(proxy.asked).toHaveLength(1)

  const secure = { ...env, https_proxy: http_proxy, TALLYMAN_URL: `https://nowhere.invalid` }
  const failed = await tallyman(secure, 'whoami')
  expect(failed).toMatchObject({ status: 7, out: '' })
  expect(failed.err).toContain(
    `over the proxy ${new URL(proxy.url).host}, unless NO_PROXY names nowhere.invalid`,
  )
  expect(failed.err).not.toContain('pass-word')
  expect(proxy.asked.at(-1)).toBe('CONNECT nowhere.invalid:443')

  expect(await tallyman({ ...elsewhere, http_proxy: 'socks5://secret@x' }, 'whoami')).toEqual({
    ...{ status: 1, out: '', err: 'http_proxy: expected the URL of an http or https proxy\n' },
  })
})

test('a command that asks the service loads no client of Redis or S3, and no web server', async () => {
  const url = await serve((request, response) =>
    json(
      response,
      request.url?.startsWith('/v1/whoami') ? WHO : { projects: [], registries: [], refused: [], next: null },
    ),
  )
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const log = join(folder, 'loaded.mjs')
  await writeFile(
    log,
    `import { registerHooks } from 'node:module'
     registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context) } })`,
  )
  const env = { ...process.env, TALLYMAN_URL: url, TALLYMAN_TOKEN: 't' }
  const { stderr } = await promisify(execFile)(process.execPath, ['--import', log, main, 'usage'], { env })
  expect(stderr).toContain('src/cli/commands/usage.ts')
  for (const name of ['ioredis', 'bullmq', '@aws-sdk', 'fastify', 'src/compose/', 'src/config/load.ts'])
    expect(stderr).not.toContain(name)
})
