import { expect, test } from 'vitest'
import { loadCommands } from '../../src/cli/commands.ts'
import { complete, FILES, type ValuesOf } from '../../src/cli/completion/complete.ts'
import { makeProgram } from '../../src/cli/program.ts'
import { noTries } from './cli-bed.ts'

const program = makeProgram({}, { out: () => {}, err: () => {} }, noTries, await loadCommands(['completion']))

/** What a service tells, some of which a shell would run. */
const valuesOf: ValuesOf = async (kind, typed, { url }) =>
  url === 'http://nobody'
    ? []
    : [`${kind}/a`, `${kind}/b`, `${kind}/$(touch x)`, `${kind}/a b`, `for ${typed}`]

const values = async (...words: string[]) => {
  const found = await complete(program, words, valuesOf)
  return found === FILES ? found : found.map(({ value }) => value)
}

test.each([
  [['us'], ['usage', 'uses']],
  [
    ['snapshot', ''],
    ['list', 'write', 'restore'],
  ],
  [['snapshot', 're'], ['restore']],
  [
    ['flags', '--'],
    [
      '--kind',
      '--registry',
      '--flag',
      '--limit',
      '--cursor',
      '--all',
      '--url',
      '--output',
      '--quiet',
      '--ca-file',
    ],
  ],
  [
    ['flags', '--kind', ''],
    ['project', 'group', 'registry'],
  ],
  [['flags', '--kind=p'], ['--kind=project']],
  [['usage', '--output', 'j'], ['json']],
  [['--output', 'json', 'usa'], ['usage']],
  [['jobs', 'failed', 'al'], ['alerts']],
  [['help', 'snapshot', 'l'], ['list']],
  [['start', 'api', 'q'], ['quota']],
  [['token', 'create', 't', '--verb', 'r'], ['read']],
  [['xyzzy', ''], []],
])('%j', async (words, expected) => {
  const found = await values(...words)
  for (const one of expected) expect(found).toContain(one)
  if (expected.length < 4) expect(found).toEqual(expected)
})

test('an option that was given is not offered again, and none after --', async () => {
  expect(await values('flags', '--kind', 'group', '--k')).toEqual([])
  expect(await values('usage', '--', '--')).toEqual([])
})

test.each([
  [['usage', ''], 'projects'],
  [['reconcile', ''], 'registries'],
  [['usage', '--registry', ''], 'registries'],
  [['promote', 'ci/a:1', '--to', ''], 'registries'],
  [['expire', ''], 'expiryPolicies'],
  [['expiry', 'diff', ''], 'expiryPolicies'],
  [['alerts', 'test', ''], 'channels'],
  [['forecast', '--group', ''], 'groups'],
  [['promotion', 'audit', '--rule', ''], 'promotionRules'],
  [['promote', '--existing', ''], 'promotionRules'],
  [['expiry', 'plan', '--project', ''], 'projects'],
  [['snapshot', 'restore', ''], 'snapshots'],
])('%j: the service knows %s; nothing that a shell could run is offered', async (words, kind) => {
  expect((await values(...words)) as string[]).toEqual([`${kind}/a`, `${kind}/b`])
})

test('the address on the command line is the one that is asked', async () => {
  expect(await values('--url', 'http://nobody', 'reconcile', '')).toEqual([])
})

test.each([
  [['config', 'check', '']],
  [['expiry', 'try', '']],
  [['expiry', 'try', 'policy.yaml', '--images', '']],
  [['usage', '--ca-file', '']],
  [['expiry', 'plan', '--policy=']],
])('%j: a file is expected', async (words) => {
  expect(await values(...words)).toBe(FILES)
})
