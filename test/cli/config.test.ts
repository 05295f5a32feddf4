import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonSchemaOfConfig } from '../../src/config/json-schema.ts'
import { minimal } from '../config/write-config.ts'
import { tallyman } from './cli-bed.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-config-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function check(yaml: string, ...more: string[]) {
  const file = join(folder, 'tallyman.yaml')
  await writeFile(file, yaml)
  const { status, out, err } = await tallyman({}, 'config', 'check', file, '--output', 'json', ...more)
  return { file, status, err, told: JSON.parse(out) }
}

test('config check tells as JSON what is right, and of what it warns', async () => {
  const { file, status, told } = await check(`${minimal}quotas:
  - { project: 'ci/abc*', limit: 1GiB }
  - { project: 'ci/*xyz', limit: 1GiB }
`)
  expect(status).toBe(0)
  expect(told).toEqual({
    ...{ ok: true, file, problems: [] },
    warnings: [expect.stringContaining('equally specific')],
    ...{ registries: 1, quotas: 2, channels: 0, promotionRules: 0, expiryPolicies: 0 },
  })
})

test('config check tells as JSON where each problem is, and what was expected', async () => {
  const { file, status, err, told } = await check(
    `${minimal}quotas:\n  - { project: 'ci/**', limit: 5 apples }\nlog: { levle: info }\n`,
  )
  expect(status).toBe(1)
  expect(err).toBe('')
  const size = 'a size such as 50GiB, 1.5TB or 1024 (units: kB MB GB TB PB, KiB MiB GiB TiB PiB)'
  expect(told).toEqual({
    ...{ ok: false, file, warnings: [] },
    problems: [
      {
        ...{ file, line: 7, column: 25, path: 'quotas.0.limit' },
        ...{ message: `expected ${size}`, expected: size, got: '"5 apples"' },
      },
      {
        ...{ file, line: 8, column: 8, path: 'log.levle' },
        message: 'unknown key; did you mean "level"?',
      },
    ],
  })
})

test('config check tells as JSON of a file that is no YAML, and of a variable', async () => {
  expect((await check('a: b: c\n')).told.problems).toMatchObject([
    { line: 1, column: 4, message: expect.stringMatching(/^YAML: /) },
  ])
  const file = join(folder, 'tallyman.yaml')
  await writeFile(file, minimal)
  const { out } = await tallyman({ TALLYMAN_NO: '1' }, 'config', 'check', file, '--output', 'json')
  expect(JSON.parse(out).problems).toMatchObject([{ variable: 'TALLYMAN_NO' }])
})

test('config schema prints the JSON Schema', async () => {
  for (const format of ['table', 'json']) {
    const { status, out } = await tallyman({}, 'config', 'schema', '--output', format)
    expect(status).toBe(0)
    expect(JSON.parse(out)).toEqual(jsonSchemaOfConfig())
  }
})
