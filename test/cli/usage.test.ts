import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { loadCommands } from '../../src/cli/commands.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { noTries, tallyman } from './cli-bed.ts'

/** No configuration: each of these commands must end before it looks for one. */
const env = { TALLYMAN_CONFIG: '/nowhere/tallyman.yaml' }
const HINT = 'Add --help for the usage.\n'

describe('wrong usage gives one clear message and status 2', () => {
  const ONE_OF = 'expected one of: ID, a filter (--registry NAME, --reason TEXT or both), --all'
  test.each([
    ['xyzzy', "unknown command 'xyzzy'"],
    ['snapshto list', "unknown command 'snapshto'\n(Did you mean snapshot?)"],
    ['snapshot lst', "unknown command 'lst'\n(Did you mean list?)"],
    ['snapshot lose', "unknown command 'lose'\n(Did you mean list?)"],
    ['jobs faild', "unknown command 'faild'\n(Did you mean failed?)"],
    ['jobs coffee', "unknown command 'coffee'"],
    ['help reconcil', "unknown command 'reconcil'\n(Did you mean reconcile?)"],
    ['help snapshot restor', "unknown command 'restor'\n(Did you mean restore?)"],
    ['reconcile', "missing required argument 'REGISTRY'"],
    ['quarantine show', "missing required argument 'ID'"],
    ['jobs show quota', "missing required argument 'ID'"],
    ['reconcile ci hub', "too many arguments for 'reconcile'. Expected 1 argument but got 2: ci, hub."],
    ['snapshot list all', "too many arguments for 'list'. Expected 0 arguments but got 1: all."],
    ['jobs failed alerts 7', "too many arguments for 'failed'. Expected 1 argument but got 2: alerts, 7."],
    ['snapshot list --force', "unknown option '--force'"],
    ['snapshot list --dry-run', "unknown option '--dry-run'"],
    ['reconcile ci --dry-rn', "unknown option '--dry-rn'\n(Did you mean --dry-run?)"],
    ['jobs --ur http://x', "unknown option '--ur'\n(Did you mean --url?)"],
    ['quarantine list --al', "unknown option '--al'\n(Did you mean --all?)"],
    ['quarantine list --registry', "option '--registry <NAME>' argument missing"],
    [
      'quarantine list --limit 0',
      "option '--limit <N>' argument '0' is invalid. Expected an integer from 1 to 1000.",
    ],
    [
      'usage --output xml',
      "option '--output <FORMAT>' argument 'xml' is invalid. Allowed choices are table, json, ndjson, yaml, csv.",
    ],
    ['usage ci/app --sort name', '--sort is for the list of projects: leave out PROJECT'],
    ['\u001b[31m\u202e', "unknown command '\\u{1b}[31m\\u{202e}'"],
    ['usgae', "unknown command 'usgae'\n(Did you mean usage?)"],
    ['expire', "missing required argument 'POLICY'"],
    ['expiry plan branches --policy new.yaml', 'expected POLICY or --policy FILE, not both'],
    ['quarantine discard', ONE_OF],
    ['quarantine discard 1-0 --all', ONE_OF],
    ['quarantine replay 1-0 --reason x', ONE_OF],
    ['quarantine replay --all --registry ci', ONE_OF],
    ['jobs retry quota', 'expected one of: ID, --all'],
    ['jobs discard quota 7 --all', 'expected one of: ID, --all'],
    [
      'jobs failed coffee',
      "command-argument value 'coffee' is invalid for argument 'QUEUE'. Allowed choices are events, quota, alerts, promotion, expiry, snapshot, history, outgoing, resolve, reconcile, storage, deliveries, integrity, collections, journal.",
    ],
    [
      'snapshot list --url ftp://x',
      "option '--url <URL>' argument 'ftp://x' is invalid. Expected an http or https URL without user, password, query and fragment.",
    ],
  ])('%s', async (line, message) => {
    expect(await tallyman(env, ...line.split(' '))).toEqual({
      status: 2,
      out: '',
      err: `error: ${message}\n${HINT}`,
    })
  })

  test.each([
    ['snapshot', 'list, write, restore'],
    ['quarantine', 'list, show, replay, discard'],
    ['config', 'check, schema'],
  ])('a group without a command: %s', async (group, names) => {
    expect(await tallyman(env, group)).toEqual({
      status: 2,
      out: '',
      err: `error: missing command: expected one of ${names}\n${HINT}`,
    })
  })

  test('nothing at all prints the help', async () => {
    const { out: help } = await tallyman(env, 'help')
    expect(await tallyman(env)).toEqual({ status: 2, out: '', err: help })
  })
})

/** Every command and group below `command`, as the words that call it. */
const wordsBelow = (command: Command): string[][] =>
  command.commands.flatMap((child) => [
    [child.name()],
    ...wordsBelow(child).map((words) => [child.name(), ...words]),
  ])
const program = makeProgram({}, { out: () => {}, err: () => {} }, noTries, await loadCommands([]))

describe('help', () => {
  test('of the program names every command and says where the service is', async () => {
    const { status, out, err } = await tallyman(env, '--help')
    expect({ status, err }).toEqual({ status: 0, err: '' })
    expect(out).toContain('Usage: tallyman [options] [command]')
    for (const name of ['config', 'registries', 'reconcile', 'snapshot', 'quarantine', 'jobs', 'help'])
      expect(out).toMatch(new RegExp(`^ {2}${name} .*\\S`, 'm'))
    expect(out).toContain('$TALLYMAN_CONFIG')
  })

  test.each(wordsBelow(program).map((words) => [words.join(' ')]))('of %s', async (line) => {
    const words = line.split(' ')
    const { status, out, err } = await tallyman(env, ...words, '--help')
    expect({ status, err }).toEqual({ status: 0, err: '' })
    // A usage, a description, and a text beside each argument, option and command.
    expect(out).toMatch(new RegExp(`^Usage: tallyman ${line} .*\n\n[A-Z].*`))
    const listed = out.split('\n').filter((row) => /^ {2}\S/.test(row))
    expect(listed.length).toBeGreaterThan(0)
    for (const row of listed) expect(row).toMatch(/^ {2}\S.*? {2,}\S/)
    expect(await tallyman(env, 'help', ...words)).toEqual({ status, out, err })
  })

  test('of a command describes its arguments and options, and --url', async () => {
    const { out } = await tallyman(env, 'help', 'quarantine', 'replay')
    expect(out).toContain('Usage: tallyman quarantine replay [options] [ID]')
    for (const option of ['--registry <NAME>', '--reason <TEXT>', '--all', '--url <URL>'])
      expect(out).toContain(`  ${option}  `)
    expect((await tallyman(env, 'jobs', 'show', '-h')).out).toContain('"reconcile"')
  })
})

test('the process has the exit status of the command and prints to the right stream', async () => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const tallymanProcess = (...argv: string[]) =>
    promisify(execFile)(process.execPath, [main, ...argv], { env })
  await expect(tallymanProcess('xyzzy')).rejects.toMatchObject({
    code: 2,
    stdout: '',
    stderr: `error: unknown command 'xyzzy'\n${HINT}`,
  })
  expect(await tallymanProcess('help')).toMatchObject({
    stdout: expect.stringContaining('Usage: tallyman'),
    stderr: '',
  })
})

test('the version is that of package.json', async () => {
  const file = await readFile(join(import.meta.dirname, '../../package.json'), 'utf8')
  const { version } = JSON.parse(file)
  expect(await tallyman(env, '--version')).toEqual({ status: 0, out: `${version}\n`, err: '' })
})

test.each([
  { closed: 'stdout', argv: ['help'], code: 0 },
  { closed: 'stderr', argv: ['xyzzy'], code: 2 },
] as const)('a reader that has closed $closed is no error', async ({ closed, argv, code }) => {
  const main = join(import.meta.dirname, '../../src/cli/main.ts')
  const child = spawn(process.execPath, [main, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  // The child takes longer to start than its end of the pipe takes to close.
  child[closed].destroy()
  const rest = closed === 'stdout' ? child.stderr : child.stdout
  const [text, [exit]] = await Promise.all([rest.toArray(), once(child, 'exit')])
  expect({ text: text.join(''), exit }).toEqual({ text: '', exit: code })
})
