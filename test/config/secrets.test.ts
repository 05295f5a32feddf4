import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const fromFile = minimal.replace('readToken: read-token-of-tests', 'readTokenFile: read')

test('reads a secret from a file relative to the configuration, without its last newline', async () => {
  const config = await loadYaml(fromFile, {}, { read: 'token-from-a-file\n' })
  expect(config.server).toMatchObject({ readToken: 'token-from-a-file' })
  expect(config.server).not.toHaveProperty('readTokenFile')
})

test.each([
  [{}, 'tallyman.yaml:2:3: server.readTokenFile: cannot read read: no such file or directory'],
  [{ read: '' }, 'tallyman.yaml:2:3: server.readTokenFile: expected a secret in read, but the file is empty'],
  [
    { read: '\n' },
    'tallyman.yaml:2:3: server.readTokenFile: expected a secret in read, but the file is empty',
  ],
  [{ read: 'short' }, 'tallyman.yaml:2:3: server.readTokenFile: expected a string of at least 16 characters'],
])('from %j: %s', async (files, problem) => {
  expect(await problemsOf(fromFile, {}, files)).toEqual([problem])
})

test.each([
  ['token-of\nseveral-lines\n', 'expected one line in read, but it has several'],
  ['token-of-tests-0001\n\n', 'expected one line in read, but it has several'],
  ['token-of-tests\u0000-0001', 'expected text in read, but it has control characters'],
  [' token-of-tests-0001', 'expected no space at the beginning or the end of read'],
  ['token of tests 0001', 'expected a string of ASCII characters without spaces: an HTTP header carries it'],
  ['token-of-tests-0001é', 'expected a string of ASCII characters without spaces: an HTTP header carries it'],
  [Buffer.from([0xff, 0xfe, 0x41]), 'cannot read read: it is not text in UTF-8'],
  ['x'.repeat(65_537), 'cannot read read: it has 64.0 KiB; expected 64.0 KiB at most'],
])('a file with %j: %s', async (content, problem) => {
  expect(await problemsOf(fromFile, {}, { read: content })).toEqual([
    `tallyman.yaml:2:3: server.readTokenFile: ${problem}`,
  ])
})

test('a byte order mark is no part of a secret', async () => {
  const config = await loadYaml(fromFile, {}, { read: '\ufefftoken-from-a-file\r\n' })
  expect(config.server.readToken).toBe('token-from-a-file')
})

test('a FIFO, a device or a folder is no file with a secret, and no configuration', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-fifo-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const fifo = join(folder, 'fifo')
  await promisify(execFile)('mkfifo', [fifo])
  for (const [file, reason] of [
    [fifo, 'it is no regular file, but a FIFO, a socket or a device'],
    ['/dev/zero', 'it is no regular file, but a FIFO, a socket or a device'],
    [folder, 'it is a folder'],
  ]) {
    expect(await problemsOf(fromFile.replace('readTokenFile: read', `readTokenFile: ${file}`))).toEqual([
      `tallyman.yaml:2:3: server.readTokenFile: cannot read ${file}: ${reason}`,
    ])
    await expect(loadConfig(`${file}`, {})).rejects.toThrow(`${file}: cannot be read: ${reason}`)
  }
})

test('a password file that cannot be read is the only problem reported for the password', async () => {
  const yaml = minimal.replace('.com }', '.com, username: u, passwordFile: p }')
  expect(await problemsOf(yaml)).toEqual([
    'tallyman.yaml:5:57: registries.ci.passwordFile: cannot read p: no such file or directory',
  ])
})

test('refuses a value and a file for the same secret', async () => {
  const yaml = fromFile.replace('  readTokenFile', '  readToken: read-token-of-tests\n  readTokenFile')
  expect(await problemsOf(yaml, {}, { read: 'token-from-a-file' })).toEqual([
    'tallyman.yaml:2:3: server.readToken: expected readToken or readTokenFile, not both',
  ])
  const env = { TALLYMAN_SERVER__READ_TOKEN: 'x'.repeat(16), TALLYMAN_SERVER__READ_TOKEN_FILE: 'read' }
  expect(await problemsOf(minimal, env)).toEqual([
    'TALLYMAN_SERVER__READ_TOKEN: server.readToken: expected readToken or readTokenFile, not both',
  ])
})

test('either form in the environment replaces both forms in the file', async () => {
  const value = await loadYaml(fromFile, { TALLYMAN_SERVER__READ_TOKEN: 'token-of-the-environment' })
  expect(value.server.readToken).toBe('token-of-the-environment')
  const file = await loadYaml(
    minimal,
    { TALLYMAN_SERVER__READ_TOKEN_FILE: 'other' },
    { other: 'token-of-another-file' },
  )
  expect(file.server.readToken).toBe('token-of-another-file')
  expect(await problemsOf(minimal, { TALLYMAN_SERVER__READ_TOKEN_FILE: 'other' })).toEqual([
    'TALLYMAN_SERVER__READ_TOKEN_FILE: server.readTokenFile: cannot read other: no such file or directory',
  ])
})

test('two registries cannot have the same webhook token', async () => {
  const yaml = `${minimal}  a: { url: 'https://a', token: hunter2-hunter2-hunter2 }\n  b: { url: 'https://b', tokenFile: b }\n`
  expect(await problemsOf(yaml, {}, { b: 'hunter2-hunter2-hunter2\n' })).toEqual([
    'tallyman.yaml:7:26: registries.b.tokenFile: has the same value as registries.a.token; the two must differ',
  ])
})

test('no message shows a secret, whatever is wrong', async () => {
  const yaml = `server: { readToken: hunter2, adminTokenFile: admin, host: [hunter2] }
redis: { url: 'http://:hunter2@x' }
log: hunter2
registries:
  a: { url: 'https://me:hunter2/x@a', token: hunter2 }
  b: { url: 'https://b', token: [hunter2], password: hunter2 }
alerts:
  channels:
    - { name: a, type: slack, url: hunter2 }
    - { name: b, type: webhook, url: 'ftp://hunter2', secret: whsec_hunter2! }
store: { type: s3, accessKeyId: hunter2 }
`
  const env = { TALLYMAN_STORE__SECRET_ACCESS_KEY_FILE: 'absent', TALLYMAN_HUNTER: 'hunter2' }
  const problems = await problemsOf(yaml, env, { admin: 'hunter2' })
  expect(problems).toHaveLength(15)
  expect(problems.join('\n')).not.toContain('hunter2')
})

test.each([
  '!hunter2',
  '*hunter2',
  '|hunter2',
  '"\\hunter2"',
  '&hunter2',
  '@hunter2',
  '%hunter2',
  '[hunter2',
  '"hunter2" hunter2',
])('no YAML error shows the secret in `password: %s`', async (password) => {
  const problems = await problemsOf(`password: ${password}\n`)
  expect(problems.length).toBeGreaterThan(0)
  expect(problems.join('\n')).not.toContain('unter2')
})
