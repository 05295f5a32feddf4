import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { buildApp } from '../../src/http/app.ts'
import { builtDashboard } from '../../src/http/dashboard.ts'
import { makeProblemOf } from '../../src/http/problem.ts'
import { makeLog } from '../../src/platform/log.ts'

const PAGE = '<!doctype html><script type="module" src="/assets/index-a1b2.js"></script>'
const SCRIPT = 'console.log("tallyman")\n'.repeat(40)
const FOR_EVER = 'public, max-age=31536000, immutable'
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

const log = makeLog('silent')
const noted: string[] = []
let folder: string
let app: FastifyInstance

const build = (more: Partial<Parameters<typeof buildApp>[0]>) =>
  buildApp({
    ...{ log, bodyLimit: 1024, problemOf: makeProblemOf({ log, outage: { takes: () => false } }) },
    onNoRoute: ({ method, url }: FastifyRequest) => void noted.push(`${method} ${url}`),
    routes: [async (routes) => void routes.get('/v1/thing', () => ({ is: 'there' }))],
    ...more,
  })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-dashboard-'))
  await mkdir(join(folder, 'assets'))
  const files = {
    ...{ 'index.html': PAGE, 'favicon.svg': '<svg/>', '.secret': 'x', 'assets/index-a1b2.js': SCRIPT },
    ...{ 'assets/index-a1b2.js.br': brotliCompressSync(SCRIPT), 'assets/index-a1b2.js.gz': gzipSync(SCRIPT) },
    'assets/small-c3d4.css': 'p{}',
  }
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
  await writeFile(join(folder, '../outside.txt'), 'outside')
  app = await build({ dashboard: folder })
})
beforeEach(() => void noted.splice(0))
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

const get = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers })

describe('the page', () => {
  test.each([
    '/',
    '/index.html',
    '/projects',
    '/projects/ci/team-a/app?tab=tags',
    '/login?error=state',
    '/v1x',
  ])('is at %s, and is asked for again each time', async (url) => {
    const { statusCode, headers, body } = await get(url, BROWSER)
    expect([statusCode, body, headers['cache-control']]).toEqual([200, PAGE, 'no-cache'])
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toContain("default-src 'none'")
  })

  test('is not sent again to who has it', async () => {
    for (const url of ['/', '/projects']) {
      const { headers } = await get(url, BROWSER)
      const again = await get(url, { ...BROWSER, 'if-none-match': String(headers.etag) })
      expect([again.statusCode, again.body]).toEqual([304, ''])
    }
  })

  test('has no content for HEAD', async () => {
    for (const url of ['/', '/projects', '/assets/index-a1b2.js']) {
      const { statusCode, body } = await app.inject({ method: 'HEAD', url, headers: BROWSER })
      expect([url, statusCode, body]).toEqual([url, 200, ''])
    }
  })

  test.each([
    ...['/v1/nothing', '/v1/', '/docs/nothing', '/metrics', '/livez/x', '/openapi.json/x', '/schema/x.json'],
    ...['/assets/gone-1234.js', '/v1'],
  ])('is not at %s', async (url) => {
    const { statusCode, headers, body } = await get(url, BROWSER)
    expect([statusCode, headers['content-type']]).toEqual([404, 'application/problem+json; charset=utf-8'])
    expect(JSON.parse(body).detail).toBe(`no route GET ${url}`)
  })

  test('is for browsers: a registry that posts or asks elsewhere is told so, and noted', async () => {
    for (const [method, url, headers] of [
      ['POST', '/events', BROWSER],
      ['GET', '/events', {}],
      ['GET', '/events', { accept: '*/*' }],
      ['PUT', '/', BROWSER],
    ] as const) {
      const { statusCode, body } = await app.inject({ method, url, headers })
      expect([statusCode, JSON.parse(body).detail]).toEqual([404, `no route ${method} ${url}`])
    }
    expect(noted).toEqual(['POST /events', 'GET /events', 'GET /events', 'PUT /'])
  })
})

describe('files', () => {
  test('with a hash in their names are kept for ever', async () => {
    const { statusCode, headers, body } = await get('/assets/index-a1b2.js')
    expect([statusCode, body, headers['cache-control']]).toEqual([200, SCRIPT, FOR_EVER])
    expect(headers['content-type']).toBe('application/javascript; charset=utf-8')
    expect(headers.vary).toBe('accept-encoding')
    const again = await get('/assets/index-a1b2.js', { 'if-none-match': String(headers.etag) })
    expect(again.statusCode).toBe(304)
  })

  test.each([
    ['gzip, deflate, br', 'br', brotliCompressSync(SCRIPT)],
    ['gzip', 'gzip', gzipSync(SCRIPT)],
  ])('are sent compressed to who takes %s', async (accept, encoding, content) => {
    const { headers, rawPayload } = await get('/assets/index-a1b2.js', { 'accept-encoding': accept })
    expect([headers['content-encoding'], headers['cache-control']]).toEqual([encoding, FOR_EVER])
    expect(headers['content-type']).toBe('application/javascript; charset=utf-8')
    expect(rawPayload).toEqual(content)
  })

  test('without a compressed one are sent as they are', async () => {
    const { statusCode, headers, body } = await get('/assets/small-c3d4.css', { 'accept-encoding': 'br' })
    expect([statusCode, body, headers['content-encoding']]).toEqual([200, 'p{}', undefined])
  })

  test('of other names are asked for again each time', async () => {
    const { statusCode, headers } = await get('/favicon.svg')
    expect([statusCode, headers['content-type'], headers['cache-control']]).toEqual([
      ...[200, 'image/svg+xml', 'no-cache'],
    ])
  })

  test.each([
    '/../outside.txt',
    '/%2e%2e/outside.txt',
    '/assets/..%2f..%2foutside.txt',
    '/assets//etc/passwd',
    '/.secret',
  ])('outside are not served: %s', async (url) => {
    const { statusCode, body } = await get(url)
    expect([403, 404]).toContain(statusCode)
    expect(body).not.toContain('outside"')
    expect(JSON.parse(body)).toMatchObject({ type: 'about:blank' })
  })
})

test('without a dashboard, / tells how to build one, and other paths are not there', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'tallyman-dashboard-'))
  onTestFinished(() => rm(empty, { recursive: true }))
  expect([builtDashboard(empty), builtDashboard(folder)]).toEqual([undefined, folder])
  const plain = await build({})
  onTestFinished(() => plain.close())
  const front = await plain.inject({ url: '/', headers: BROWSER })
  expect([front.statusCode, front.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
  expect(front.body).toContain('The dashboard was not built')
  const other = await plain.inject({ url: '/projects', headers: BROWSER })
  expect(other.statusCode).toBe(404)
})

describe('headers', () => {
  test('let a page load and run only what this service serves', async () => {
    for (const url of ['/', '/v1/thing', '/v1/nothing', '/assets/index-a1b2.js', '/openapi.json']) {
      const { headers } = await get(url, BROWSER)
      expect([url, headers['content-security-policy']?.toString().split(';')]).toEqual([
        url,
        [
          ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"],
          ...["connect-src 'self'", "font-src 'self'", "base-uri 'none'", "form-action 'self'"],
          "frame-ancestors 'none'",
        ],
      ])
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('camera=()'),
        'x-frame-options': 'DENY',
      })
      expect(headers).not.toHaveProperty('strict-transport-security')
    }
  })

  test('say that it is https only where it is', async () => {
    const own = await build({ isHttps: true })
    onTestFinished(() => own.close())
    expect((await own.inject('/')).headers['strict-transport-security']).toBe('max-age=31536000')
  })
})
