import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { freePort } from '../../lab/ports.ts'
import { chatTypeOf } from '../../src/cli/init/chat-type.ts'
import { judge } from '../../src/cli/init/probe-registry.ts'
import { loadConfig } from '../../src/config/load.ts'
import { refusalsOfYaml } from '../config/accepts.ts'
import { atTerminal, tallyman } from './cli-bed.ts'

let folder: string
let file: string
/** Where nothing listens. */
let nobody: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-init-'))
  file = join(folder, 'tallyman.yaml')
  nobody = `http://127.0.0.1:${await freePort()}`
})
beforeEach(() => rm(file, { force: true }))
afterAll(() => rm(folder, { recursive: true }))

const init = (...more: string[]) => tallyman({}, 'init', '--file', file, '--registry', nobody, ...more)

test('with --yes it writes what a start and an editor take, for its user only, with fresh tokens', async () => {
  const first = await init('--yes')
  expect(first.status).toBe(0)
  expect(first.out).toMatch(
    /^# merge this into the registry's config\.yml, and restart the registry\nnotifications:\n/,
  )
  expect(first.err).toContain(`${file} is written. Only you can read it: it holds the tokens.`)
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
  const text = await readFile(file, 'utf8')
  expect(text).toMatch(
    /^# yaml-language-server: \$schema=http:\/\/127\.0\.0\.1:8080\/schema\/tallyman\.json\n/,
  )
  expect(refusalsOfYaml(text)).toEqual([])
  const config = await loadConfig(file, {})
  expect(config).toMatchObject({
    server: { host: '127.0.0.1', port: 8080, publicUrl: 'http://127.0.0.1:8080' },
    registries: { ci: { url: nobody, project: { segments: 2 } } },
    quotas: [{ project: 'ci/**', limit: 50 * 2 ** 30 }],
    alerts: { channels: [] },
  })
  const tokens = [config.server.readToken, config.server.adminToken, config.registries.ci?.token]
  expect(new Set(tokens).size).toBe(3)
  expect(first.out).toContain(`Bearer ${tokens[2]}`)
  await rm(file)
  await init('--yes')
  const again = await loadConfig(file, {})
  expect(tokens).not.toContain(again.server.adminToken)
  expect(await readdir(folder)).toEqual(['tallyman.yaml'])
})

test('options answer all, and are written', async () => {
  const password = join(folder, 'password')
  await writeFile(password, 'pw\n')
  const { status, out } = await init(
    ...['--segments', '3', '--chat', 'mattermost=https://chat.example.com/x', '--quota', 'none'],
    ...['--address', 'https://tallyman.example.com/', '--name', 'hub', '--data', '/var/lib/tallyman'],
    ...['--username', 'alice', '--password-file', password, '--output', 'json'],
  )
  expect(status).toBe(0)
  expect(JSON.parse(out)).toEqual({
    ...{ file, registry: nobody, kind: 'unknown' },
    notifications: [
      { form: 'distribution', text: expect.stringContaining('https://tallyman.example.com/v1/events') },
    ],
  })
  expect(await loadConfig(file, {})).toMatchObject({
    server: { host: '0.0.0.0', port: 8080, publicUrl: 'https://tallyman.example.com' },
    dataDir: '/var/lib/tallyman',
    registries: { hub: { project: { segments: 3 }, username: 'alice', password: 'pw' } },
    quotas: [],
    alerts: { channels: [{ type: 'mattermost', url: 'https://chat.example.com/x' }] },
  })
  await rm(password)
})

test('a file that is there is left, unless it is to be replaced', async () => {
  await writeFile(file, 'mine')
  expect(await init('--yes')).toEqual({
    status: 1,
    out: '',
    err: `${file} is there already: --force replaces it\n`,
  })
  expect(await readFile(file, 'utf8')).toBe('mine')
  expect((await init('--yes', '--force')).status).toBe(0)
  expect((await loadConfig(file, {})).registries).toHaveProperty('ci')
  expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600')
})

test('what the registry needs can go to a file, which only its user can read', async () => {
  const section = join(folder, 'section.yml')
  const { out, err } = await init('--yes', '--notifications', section)
  expect(out).toBe('')
  expect(err).toContain(`The registry needs what is in ${section}: merge this into`)
  expect(parse(await readFile(section, 'utf8'))).toHaveProperty(
    'notifications.events.includereferences',
    true,
  )
  expect(((await stat(section)).mode & 0o777).toString(8)).toBe('600')
  await rm(section)
})

test.each([
  ['distribution', 'notifications.endpoints'],
  ['chart', 'registry.notifications.endpoints'],
])('for %s it is YAML', async (form, path) => {
  const { out } = await init('--yes', '--for', form)
  expect(parse(out)).toHaveProperty(path, [
    expect.objectContaining({
      ...{ name: 'tallyman', url: 'http://127.0.0.1:8080/v1/events' },
      headers: { Authorization: [expect.stringMatching(/^Bearer [0-9a-f]{48}$/)] },
    }),
  ])
})

test('for omnibus it is Ruby', async () => {
  const { out } = await init('--yes', '--for', 'omnibus')
  expect(out).toMatch(/^# add this to \/etc\/gitlab\/gitlab\.rb, .*\nregistry\['notifications'\] = \[\n/)
  expect(out).toMatch(/'headers' => \{ 'Authorization' => \["Bearer [0-9a-f]{48}"\] \} \}\n\]\n$/)
})

describe('wrong usage writes nothing and ends with status 2', () => {
  const all = ['--segments', '2', '--chat', 'none', '--quota', 'none', '--address', 'http://127.0.0.1:8080']
  test.each([
    [[], /nobody can be asked here: give --segments, --chat, --quota, --address, or --yes/],
    [['--yes', '--segments', '0'], /option '--segments': expected a number from 1 to 16/],
    [['--yes', '--quota', 'much'], /option '--quota': expected a size such as 50GiB/],
    [['--yes', '--address', 'tallyman'], /option '--address': expected an http or https URL/],
    [['--yes', '--chat', 'https://chat.example.com/x'], /option '--chat': expected the chat before the URL/],
    // Before anything is asked.
    [[...all, '--name', 'No Name'], /'--name': expected a name of lower-case letters/],
    [[...all, '--username', 'alice'], /expected both --username and --password-file/],
    [[...all, '--for', 'harbor'], /Allowed choices are distribution, omnibus, chart/],
  ])('%j', async (argv, message) => {
    const { status, out, err } = await init(...argv)
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err).toMatch(message)
    expect(await readdir(folder)).toEqual([])
  })
})

test('what a start would refuse is not written', async () => {
  const password = join(folder, 'none')
  const { status, err } = await init('--yes', '--username', 'alice', '--password-file', password)
  expect(status).toBe(1)
  expect(err).toContain('nothing was written, since a start would refuse it:')
  expect(err).toContain('tallyman.yaml:')
  expect(err).not.toContain('draft')
  expect(await readdir(folder)).toEqual([])
})

describe('a person', () => {
  const asked: string[] = []
  const answering = (...answers: (string | undefined)[]) => {
    asked.length = 0
    return async (question: string) => {
      asked.push(question)
      return answers.shift()
    }
  }

  test('is asked five questions, and again after a wrong answer', async () => {
    const ask = answering(
      nobody,
      'two',
      '1',
      'https://hooks.slack.com/services/x',
      '',
      'http://tallyman:9000',
    )
    const { status, err } = await atTerminal(ask, {}, 'init', '--file', file)
    expect(status).toBe(0)
    expect(asked.map((question) => question.replace(/[?.].*$/s, ''))).toEqual([
      'Which registry',
      'How many segments of a repository name its project',
      'How many segments of a repository name its project',
      'Where do alerts go',
      'How much may each project hold before people are told',
      'At which address do registries and people reach Tallyman',
    ])
    expect(err).toContain('expected a number from 1 to 16')
    expect(await loadConfig(file, {})).toMatchObject({
      server: { host: '0.0.0.0', port: 9000 },
      registries: { ci: { project: { segments: 1 } } },
      alerts: { channels: [{ type: 'slack' }] },
      quotas: [{ limit: 50 * 2 ** 30 }],
    })
  })

  test('is not asked what an option says, and may go away', async () => {
    const ask = answering('3', undefined)
    const { status, err } = await atTerminal(ask, {}, 'init', '--file', file, '--registry', nobody)
    expect(status).toBe(1)
    expect(err).toContain('nothing was written')
    expect(asked).toHaveLength(2)
    expect(await readdir(folder)).toEqual([])
  })
})

test.each([
  ['https://hooks.slack.com/services/T/B/x', 'slack'],
  ['https://discord.com/api/webhooks/1/x', 'discord'],
  ['https://prod-1.westeurope.logic.azure.com:443/workflows/x', 'teams'],
  ['https://chat.googleapis.com/v1/spaces/x/messages?key=k', 'google-chat'],
  ['https://chat.example.com/hooks/abc123', 'mattermost'],
  ['https://chat.example.com/other', undefined],
])('%s is a webhook of %s', (url, type) => {
  expect(chatTypeOf(url)).toBe(type)
})

test.each([
  [{ status: 200, version: 'registry/2.0' }, 'distribution', false],
  [{ status: 401, version: 'registry/2.0', challenge: 'Basic realm="lab"' }, 'distribution', true],
  [
    {
      status: 401,
      challenge: 'Bearer realm="https://gitlab.example.com/jwt/auth",service="container_registry"',
    },
    'gitlab',
    true,
  ],
  [{ status: 200, isGitlab: true }, 'gitlab', false],
  [
    { status: 401, challenge: 'Bearer realm="https://harbor/service/token",service="harbor-registry"' },
    'other registry',
    true,
  ],
  [{ status: 404 }, 'unknown', false],
  [{ status: 200 }, 'unknown', false],
])('an answer %j to /v2/ is that of %s', (answer, kind, needsLogin) => {
  const told = { url: 'http://x', version: '', challenge: '', isGitlab: false, ...answer }
  expect(judge(told)).toMatchObject({ kind, needsLogin })
})
