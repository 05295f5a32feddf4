import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { textOf } from '../../src/cli/output/line.ts'
import { table } from '../../src/cli/table.ts'
import { tallyman } from './cli-bed.ts'

/** A service with many tags, in pages. */
const PAGES = 12
const PAGE = 1000
let server: Server
let url: string
let asked: string[] = []

const tagAt = (n: number) => ({
  ...{ repository: 'app', tag: `v${n}`, digest: `sha256:${n}`, sizeBytes: n, platforms: null },
  ...{ pushedAt: '2026-01-01T00:00:00.000Z', ageSource: 'event', pushedBy: '建者', lastPullAt: null },
})

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const { searchParams, pathname } = new URL(request.url ?? '', 'http://x')
    const page = Number(searchParams.get('cursor') ?? 0)
    const isEmpty = pathname.includes('none')
    const tags = isEmpty ? [] : Array.from({ length: PAGE }, (_, n) => tagAt(page * PAGE + n))
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ tags, next: isEmpty || page + 1 === PAGES ? null : String(page + 1) }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const run = (...argv: string[]) => {
  asked = []
  return tallyman({ TALLYMAN_TOKEN: 'token', TALLYMAN_URL: url }, ...argv)
}

test.each([
  ['csv', 1],
  ['ndjson', 0],
  ['table', 1],
])('--all has every page as %s', async (format, heads) => {
  const { status, out, err } = await run('tags', 'ci/app', '--all', '--output', format)
  expect([status, err]).toEqual([0, ''])
  expect(out.trimEnd().split('\n')).toHaveLength(heads + PAGES * PAGE)
  expect(asked).toHaveLength(PAGES)
})

test('--all has every item as json, and no next page', async () => {
  const { out } = await run('tags', 'ci/app', '--all', '--output', 'json')
  const { tags, next } = JSON.parse(out)
  expect([tags.length, next]).toEqual([PAGES * PAGE, null])
  expect((await run('tags', 'ci/app', '--all', '--limit', '5')).status).toBe(2)
})

test('an empty list has its head as csv, nothing as ndjson, and an empty list as json and yaml', async () => {
  const none = async (format: string) => (await run('tags', 'ci/none', '--output', format)).out
  expect(await none('csv')).toMatch(/^repository,tag,digest,[\w,]+\r\n$/)
  expect(await none('ndjson')).toBe('')
  expect(await none('table')).toBe('')
  expect(JSON.parse(await none('json'))).toEqual({ tags: [], next: null })
  expect(await none('yaml')).toBe('tags: []\nnext: null\n')
})

test('a failure before the first row prints no head', async () => {
  expect((await run('tags', 'no-project', '--output', 'csv')).out).toBe('')
})

test.each([['before'], ['after']])('--output stands %s the command', async (where) => {
  const argv =
    where === 'before' ? ['--output', 'csv', 'tags', 'ci/none'] : ['tags', 'ci/none', '--output', 'csv']
  expect((await run(...argv)).out).toMatch(/^repository,/)
})

test('a reader that has seen enough ends the command: no more pages are asked for', async () => {
  asked = []
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const child = spawn(process.execPath, [main, 'tags', 'ci/app', '--all', '--output', 'csv'], {
    env: { TALLYMAN_URL: url, TALLYMAN_TOKEN: 'token' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const errors = child.stderr.toArray()
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [status] = await once(child, 'exit')
  expect([status, (await errors).join('')]).toEqual([0, ''])
  expect(asked.length).toBeLessThan(PAGES)
})

test('letters that take two columns are counted as two, and ten thousand rows are aligned', () => {
  const rows = Array.from({ length: 150_000 }, (_, n) => [n % 2 ? '建者' : 'abcd', `x${n}`])
  const lines = table(['BY', 'X'], rows).map((line) => textOf(line, false))
  expect(lines.slice(0, 3)).toEqual(['BY    X', 'abcd  x0', '建者  x1'])
  expect(lines).toHaveLength(rows.length + 1)
})
