import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LanguageServer, startLanguageServer } from './language-server.ts'

let editor: LanguageServer
beforeAll(async () => {
  editor = await startLanguageServer()
})
afterAll(() => editor.close())

/** A file in the root of the checkout, where the example is. */
const file = resolve('site')
const head = '# yaml-language-server: $schema=./schema/tallyman.json\n'

const underlined = async (yaml: string): Promise<string[]> =>
  (await editor.open(file, head + yaml)).map(
    // The head is line 0.
    ({ range: { start }, message }) => `${start.line}:${start.character + 1} ${message}`,
  )

const ci = 'registries: { ci: { url: https://registry.example.com } }\n'

test('an editor finds the schema by the first line of each configuration in the checkout, and marks nothing', async () => {
  for (const path of ['tallyman.example.yaml', 'deploy/tallyman.yaml', 'demo/tallyman.yaml'])
    expect(await editor.open(resolve(path), await readFile(path, 'utf8'))).toEqual([])
  const example = await readFile('tallyman.example.yaml', 'utf8')
  const wrong = await editor.open(
    resolve('tallyman.example.yaml'),
    example.replace('\nmetrics:', '\nmetric:'),
  )
  expect(wrong.map(({ message }) => message)).toEqual(['Property metric is not allowed.'])
})

test.each([
  [`${ci}servr: {}`, ['2:1 Property servr is not allowed.']],
  [`${ci}server: { bodyLimit: 10 megs }`, [expect.stringMatching(/^2:22 expected a size such as 50GiB/)]],
  [
    `${ci}log: { level: loud }`,
    [expect.stringMatching(/^2:15 Value is not accepted. Valid values: "trace"/)],
  ],
  [
    `${ci}server: { readToken: sixteen-letters-1, readTokenFile: f }`,
    ['2:11 Property readToken is not allowed.'],
  ],
  [`${ci}quotas: [{ project: ci/a }]`, ['2:10 Missing property "limit".']],
  // Only the member that is meant is compared with, not all thirteen types of channels.
  [
    `${ci}alerts: { channels: [{ name: a, type: slack, channel: ops }] }`,
    ['2:46 Property channel is not allowed.'],
  ],
  ['', []],
])('an editor underlines what is wrong in %j', async (yaml, expected) => {
  expect(await underlined(yaml)).toEqual(expected)
})

test.each([
  ['|', ['server', 'registries', 'quotas', 'alerts', 'expiry']],
  ['server:\n  |', ['host', 'publicUrl', 'adminToken', 'adminTokenFile']],
  ['registries:\n  ci:\n    |', ['url', 'token', 'tokenFile', 'pulls', 'gitlab']],
  ['registries:\n  ci:\n    pulls: |', ['partial', 'complete']],
  ['quotas:\n  - |', ['project', 'group', 'registry', 'limit', 'warnAt']],
  ['quotas:\n  - project: ci/a\n    limit: |', ['50GiB']],
  ['alerts:\n  channels:\n    - name: ops\n      type: |', ['slack', 'irc', 'gitlab-issue']],
  ['alerts:\n  channels:\n    - name: ops\n      type: irc\n      |', ['host', 'room', 'nick', 'severity']],
  ['expiry:\n  policies:\n    - name: p\n      rules:\n        - |', ['tag', 'olderThan', 'keep', 'expire']],
  ['store:\n  type: |', ['folder', 's3']],
])('an editor completes %j', async (yaml, expected) => {
  expect(await editor.complete(file, head + yaml)).toEqual(expect.arrayContaining(expected))
})

test('an editor proposes no keys of another member', async () => {
  const channel = 'alerts:\n  channels:\n    - name: ops\n      type: slack\n      |'
  expect(await editor.complete(file, head + channel)).not.toContain('room')
  const quota = 'quotas:\n  - project: ci/a\n    |'
  expect(await editor.complete(file, head + quota)).not.toContain('group')
})

test.each([
  ['server:\n  bodyLi|mit: 1MiB', /^The largest request body that is accepted\.\n\nDefault: `10MiB`/],
  ['server:\n  readTokenFi|le: f', /^A file that holds `readToken`\./],
  ['log:\n  le|vel: info', /^The lowest level that is logged\./],
  ['alerts:\n  channels:\n    - name: a\n      ty|pe: irc', /^#### irc\n\nA channel of IRC\./],
])('an editor shows what a key is for: %j', async (yaml, expected) => {
  expect(await editor.hover(file, head + yaml)).toMatch(expected)
})
