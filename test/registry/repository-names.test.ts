import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { repositoryNames } from '../../src/registry/repository-names.ts'
import { readAll } from '../reconcile/read-all.ts'
import { startFakeGitLab } from './fake-gitlab.ts'

const TOKEN = 'glpat-secret-of-tests'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-names-'))
})
afterAll(() => rm(folder, { recursive: true }))

const namesOf = (source: object) =>
  Array.fromAsync(repositoryNames({ name: 'ci', ...source })?.() ?? expect.unreachable('no list'))

test('names come from the configuration, and from the lines of a file', async () => {
  const file = join(folder, 'names.txt')
  await writeFile(file, '# ours\nteam-a/app\n\n  team-b/web \r\n')
  expect(await namesOf({ repositories: { names: ['x/y'], file } })).toEqual([
    'x/y',
    'team-a/app',
    'team-b/web',
  ])
  await expect(namesOf({ repositories: { names: [], file: join(folder, 'none') } })).rejects.toThrow('ENOENT')
  expect(repositoryNames({ name: 'ci' })).toBeUndefined()
})

describe('the repositories that a command prints', () => {
  const script = (code: string) => ({ repositories: { names: [], command: [process.execPath, '-e', code] } })

  test('are its lines; its arguments are passed on as they are, without a shell', async () => {
    const print = 'console.log(process.argv.slice(1).join("\\n"))'
    const command = [process.execPath, '-e', print, '# $(id)', 'a/b', ' c-d ']
    expect(await namesOf({ repositories: { names: ['x/y'], command } })).toEqual(['x/y', 'a/b', 'c-d'])
  })

  test.each([
    ['process.exit(3)', 'exit status 3'],
    [
      'console.log("a/b"); console.error("no \\u001bright"); process.exitCode = 1',
      'exit status 1: no \\u{1b}right',
    ],
    ['process.kill(process.pid, "SIGTERM")', 'SIGTERM'],
    ['console.log("# nothing")', 'has no name'],
    ['', 'has no name'],
  ])('a failure is no empty list: %s', async (code, reason) => {
    await expect(namesOf(script(code))).rejects.toThrow(reason)
  })

  test('a program that does not exist is named, without its arguments', async () => {
    const error = await namesOf({ repositories: { names: [], command: ['/nowhere/list', 'hunter2'] } }).catch(
      (error: Error) => error,
    )
    expect(String(error)).toContain('the command /nowhere/list failed: ENOENT')
    expect(String(error)).not.toContain('hunter2')
  })

  test('what it prints is limited in bytes and in time', async () => {
    const names = (code: string, limits: { bytes: number; ms: number }) =>
      Array.fromAsync(repositoryNames({ name: 'ci', ...script(code) }, limits)?.() ?? [])
    await expect(
      names('setInterval(() => console.log("a/b".repeat(100)), 1)', { bytes: 1_000, ms: 60_000 }),
    ).rejects.toThrow('it printed more than 1000 bytes')
    await expect(names('setInterval(() => {}, 1000)', { bytes: 1_000, ms: 300 })).rejects.toThrow(
      'it took more than 0.3 s',
    )
  })

  test('a line that is no name is told after the names', async () => {
    const names: string[] = []
    const list = repositoryNames({ name: 'ci', ...script('console.log("a/b\\nTeam A\\nc/d")') })
    const read = async () => {
      for await (const name of list?.() ?? []) names.push(name)
    }
    await expect(read()).rejects.toThrow('has a line that is no name of a repository: Team A')
    expect(names).toEqual(['a/b', 'c/d'])
  })

  test('a registry whose command fails is not read to its end, and the reading says so', async () => {
    const registry = await startFakeGitLab()
    const client = makeRegistryClient({ name: 'ci', url: registry.url })
    try {
      const listed = repositoryNames({ name: 'ci', ...script('process.exit(1)') })
      const readings = await Array.fromAsync(makeApiReader({ client, listed }).read({ expected: [] }))
      expect(readings).toEqual([
        { failure: expect.stringMatching(/^the list of repositories is incomplete: .*exit status 1/) },
      ])
    } finally {
      await client.close()
      await registry.close()
    }
  })
})

/**
 * GitLab's API as its documentation states it: `GET /api/v4/groups/:id/registry/repositories`, the group's path URL-encoded,
 * `per_page` (at most 100) and `page`, the next page in `Link`, an access token in `PRIVATE-TOKEN`.
 */
describe('the repositories of GitLab’s groups', () => {
  let server: Server
  let url: string
  let requests: string[]
  /** By the path of the group. */
  let groups: Record<string, string[]>
  let linkTo: (page: string) => string
  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request.url ?? '')
      const asked = new URL(request.url ?? '', url)
      const group = /^\/git\/api\/v4\/groups\/([^/]+)\/registry\/repositories$/.exec(asked.pathname)?.[1]
      const refuse = (status: number, message: string) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
      if (request.headers['private-token'] !== TOKEN) return refuse(401, '401 Unauthorized')
      const all = groups[decodeURIComponent(group ?? '')]
      if (all === undefined) return refuse(404, '404 Group Not Found')
      const page = Number(asked.searchParams.get('page') ?? 1)
      const size = Math.min(100, Number(asked.searchParams.get('per_page') ?? 20))
      if (page * size < all.length)
        response.setHeader(
          'link',
          `<${linkTo(`${asked.pathname}?page=${page + 1}&per_page=${size}`)}>; rel="next"`,
        )
      const entries = all.slice((page - 1) * size, page * size).map((path, id) => {
        return { id, name: '', path, project_id: 9, location: `registry.example.com/${path}`, created_at: '' }
      })
      return response.setHeader('content-type', 'application/json').end(JSON.stringify(entries))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  })
  beforeEach(() => {
    requests = []
    groups = {}
    // GitLab knows itself by another name than we do.
    linkTo = (page) => `https://gitlab.example.com${page}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const gitlab = (...paths: string[]) => ({ gitlab: { url: `${url}/git`, token: TOKEN, groups: paths } })

  test('are read page by page, also below a path, and of a group in a group', async () => {
    const many = Array.from({ length: 250 }, (_, n) => `team-a/app-${n}`)
    groups = { 'team-a': many, 'team-b/inner': ['team-b/inner/web'] }
    expect(await namesOf(gitlab('team-a', 'team-b/inner'))).toEqual([...many, 'team-b/inner/web'])
    expect(requests).toHaveLength(4)
  })

  test('a list that never ends is cut', async () => {
    groups = { a: Array.from({ length: 150 }, (_, n) => `a/${n}`) }
    linkTo = () => '/git/api/v4/groups/a/registry/repositories?per_page=100'
    await expect(namesOf(gitlab('a'))).rejects.toThrow(/leads back to a page that was read before/)
    linkTo = () => 'https://gitlab.example.com/other'
    await expect(namesOf(gitlab('a'))).rejects.toThrow(/does not name another page below \/git\/api\/v4\//)
  })

  test('an error names the group and not the token', async () => {
    await expect(namesOf(gitlab('none'))).rejects.toThrow(/GitLab's repositories of the group none: 404/)
    const wrong = { gitlab: { ...gitlab('a').gitlab, token: 'wrong' } }
    const error = await namesOf(wrong).catch((error: Error) => error)
    expect(String(error)).toMatch(/401/)
    expect(String(error)).not.toContain('wrong')
  })

  test('a registry that denies its catalog is read by them', async () => {
    const registry = await startFakeGitLab()
    const client = makeRegistryClient({ name: 'ci', url: registry.url })
    try {
      groups = { team: ['team/app', 'team/web'] }
      const reader = makeApiReader({ client, listed: repositoryNames({ name: 'ci', ...gitlab('team') }) })
      let total = 0
      const onListed = (count: number) => {
        total = count
      }
      const readings = await readAll(reader.read({ expected: [], onListed }))
      expect(readings.map(({ repository }) => repository)).toEqual(['team/app', 'team/web'])
      expect(total).toBe(2)
      expect(registry.requests.filter((one) => one.includes('_catalog'))).toEqual([])
    } finally {
      await client.close()
      await registry.close()
    }
  })
})
