import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { run } from '../../src/cli/run.ts'
import { makeStatusLine } from '../../src/cli/status-line.ts'
import type { Terminal } from '../../src/cli/terminal.ts'
import { noTries } from './cli-bed.ts'

/** A person at a terminal, and pipes without one. */
let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A service that gives these answers to each `METHOD path`, and notes what it was asked. */
async function serviceWith(answers: Record<string, unknown>) {
  const asked: string[] = []
  const url = await serve((request, response) => {
    const route = `${request.method} ${request.url}`
    asked.push(route)
    response.writeHead(route in answers ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answers[route] ?? { detail: `no route ${route}` }))
  })
  return { url, asked }
}

async function tallyman(url: string, terminal: Partial<Terminal>, ...argv: string[]) {
  const printed = { out: '', err: '' }
  const status = await run(
    argv,
    { TALLYMAN_URL: url, TALLYMAN_TOKEN: 'token' },
    {
      out: (text) => {
        printed.out += text
      },
      err: (text) => {
        printed.err += text
      },
      ...terminal,
    },
    noTries,
  )
  return { status, ...printed }
}

const IRREVERSIBLE = [
  {
    argv: ['trash', 'purge', '--before', '2026-01-01T00:00:00Z'],
    ...{ route: 'POST /v1/trash/purge', answer: { purged: 2 }, out: 'deleted for good: 2\n' },
  },
  {
    argv: ['quarantine', 'discard', '--all'],
    ...{ route: 'POST /v1/quarantine/discard', answer: { discarded: 2 }, out: 'discarded: 2\n' },
  },
  {
    argv: ['jobs', 'discard', 'alerts', '7'],
    ...{ route: 'DELETE /v1/jobs/alerts/7', answer: { discarded: 1 }, out: 'discarded: 1\n' },
  },
  {
    argv: ['token', 'revoke', 'team-a'],
    ...{ route: 'DELETE /v1/tokens/team-a', answer: { revoked: 'team-a' }, out: 'revoked: team-a\n' },
  },
]

describe.each(IRREVERSIBLE)('$argv cannot be undone', ({ argv, route, answer, out }) => {
  test('without a terminal it needs --yes', async () => {
    const { url, asked } = await serviceWith({ [route]: answer })
    const refused = await tallyman(url, {}, ...argv)
    expect(refused).toMatchObject({ status: 2, out: '', err: expect.stringMatching(/^error: .*: say --yes/) })
    expect(asked).toEqual([])
    expect(await tallyman(url, {}, ...argv, '--yes')).toMatchObject({ status: 0, out })
    expect(asked).toEqual([route])
  })

  test.each([
    ['y', 0],
    ['Yes', 0],
    ['', 1],
    ['n', 1],
    ['yesterday', 1],
  ])('on a terminal it asks; %j gives %i', async (said, status) => {
    const { url, asked } = await serviceWith({ [route]: answer })
    const questions: string[] = []
    const ask = async (question: string) => {
      questions.push(question)
      return said
    }
    expect((await tallyman(url, { ask }, ...argv)).status).toBe(status)
    expect(questions).toEqual([
      expect.stringMatching(/^This will .* It cannot be undone\. Go on\? \[y\/N\] $/),
    ])
    expect(asked).toEqual(status === 0 ? [route] : [])
  })
})

test('expire --apply asks on a terminal; in a script --apply has said it', async () => {
  const { url, asked } = await serviceWith({})
  expect((await tallyman(url, { ask: async () => 'n' }, 'expire', 'old', '--apply')).status).toBe(1)
  expect(asked).toEqual([])
  await tallyman(url, {}, 'expire', 'old', '--apply')
  expect(asked[0]).toBe('POST /v1/expiry/runs')
  expect((await tallyman(url, {}, 'expire', 'old', '--apply', '--dry-run')).status).toBe(2)
})

test('a dry run of a purge lists what would go, and deletes nothing', async () => {
  const entry = {
    ...{ at: '2025-12-01T00:00:00.000Z', registry: 'ci', repository: 'app', tags: ['a'] },
    ...{ mediaType: 'm', policy: 'old', rule: 'r', reason: 'old', project: 'ci/app', verdict: 'delete' },
    ...{ run: 'r', digest: `sha256:${'0'.repeat(64)}` },
  }
  const list = 'GET /v1/trash?before=2026-01-01T00%3A00%3A00Z&limit=1000'
  const { url, asked } = await serviceWith({ [list]: { images: [entry], next: null } })
  const argv = ['trash', 'purge', '--before', '2026-01-01T00:00:00Z', '--dry-run', '--output', 'ndjson']
  const { status, out, err } = await tallyman(url, {}, ...argv)
  expect([status, err]).toEqual([0, 'nothing was deleted: this was a dry run\n'])
  expect(JSON.parse(out)).toMatchObject({ tags: ['a'] })
  expect(asked).toEqual([list])
})

test('--quiet leaves out remarks, not errors', async () => {
  const { url } = await serviceWith({ 'GET /v1/flags': { flags: [], next: null } })
  expect(await tallyman(url, {}, 'flags', '--quiet')).toEqual({ status: 0, out: '', err: '' })
  expect((await tallyman(url, {}, 'runs', '--quiet')).err).toContain('404')
})

test('a flag has a colour where colours are shown, and only there; columns stay aligned', async () => {
  const flags = [
    { kind: 'project', id: 'ci/a', flag: 'over', since: '2026-01-01T00:00:00Z' },
    { kind: 'project', id: 'ci/\u001b[31m', flag: 'warning', since: '2026-01-01T00:00:00Z' },
  ]
  const { url } = await serviceWith({ 'GET /v1/flags': { flags, next: null } })
  const plain = (await tallyman(url, {}, 'flags')).out
  const coloured = (await tallyman(url, { hasColours: true }, 'flags')).out
  expect(coloured).toContain('\u001b[31mover\u001b[39m   ')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the colours
  expect(coloured.replace(/\u001b\[\d+m/g, '')).toBe(plain)
  expect(plain).not.toContain('\u001b')
  for (const format of ['json', 'ndjson', 'yaml', 'csv'])
    expect((await tallyman(url, { hasColours: true }, 'flags', '--output', format)).out).not.toContain(
      '\u001b',
    )
})

describe('progress', () => {
  const told = (errColumns?: number) => {
    const printed: string[] = []
    let now = 0
    const line = makeStatusLine(
      { err: (text) => printed.push(text), errColumns },
      { isQuiet: () => false, now: () => now },
    )
    const after = (ms: number) => {
      now += ms
    }
    return { printed, line, after }
  }

  test('is one line that changes on a terminal, no longer than it, and makes room for other lines', () => {
    const { printed, line } = told(20)
    line.tell('repositories 1, of 2000')
    line.tell('repositories 1, of 2000')
    line.tell('done \u001b[2J')
    line.clear()
    line.clear()
    expect(printed).toEqual(['\rrepositories 1, of \u001b[K', '\rdone \\u{1b}[2J\u001b[K', '\r\u001b[K'])
  })

  test('is a line now and then elsewhere', () => {
    const { printed, line, after } = told()
    for (let n = 0; n < 100; n++) {
      line.tell(`repositories ${n}`)
      after(1_000)
    }
    expect(printed[0]).toBe('repositories 0\n')
    expect(printed.length).toBe(7)
  })
})
