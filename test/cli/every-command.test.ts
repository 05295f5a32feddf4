import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { tallyman } from './cli-bed.ts'
import { EVERY_ROUTE } from './every-route.ts'
import { RAW } from './hostile.ts'
import { type Api, readApi, startSampleService } from './sample-service.ts'

let api: Api
let service: Awaited<ReturnType<typeof startSampleService>>
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-every-command-'))
  await writeFile(join(folder, 'policy.yaml'), 'rules: []\n')
  await writeFile(join(folder, 'references.txt'), 'ci/a:v1\n')
  api = await readApi()
  service = await startSampleService(api)
})
afterAll(async () => {
  await service.close()
  await rm(folder, { recursive: true })
})

function run(line: string, ...more: string[]) {
  const words = line
    .replace('POLICY_FILE', join(folder, 'policy.yaml'))
    .replace('REFERENCES_FILE', join(folder, 'references.txt'))
    .split(' ')
  return tallyman({ TALLYMAN_TOKEN: 'token', TALLYMAN_URL: service.url }, ...words, ...more)
}

/** Commands that find something, or tell it by their exit status. */
const STATUS: Record<string, number> = {
  'promotion verify x': 1,
  'uses report REFERENCES_FILE --source test': 1,
}

test('each route of the API has a command', () => {
  expect(Object.keys(EVERY_ROUTE).toSorted()).toEqual(Object.keys(api).toSorted())
})

const commands = Object.entries(EVERY_ROUTE).flatMap(([route, how]) =>
  'command' in how ? [{ route, ...how }] : [],
)

describe.each(commands)('$route: tallyman $command', ({ route, command }) => {
  const status = STATUS[command] ?? 0

  test('asks for it, and as json has what it answered', async () => {
    service.takeAsked()
    const printed = await run(command, '--output', 'json')
    expect(printed, printed.err).toMatchObject({ status })
    expect(service.takeAsked()).toContain(route)
    expect(JSON.parse(printed.out)).toBeTypeOf('object')
    expect(printed.out.replaceAll('\n', '')).not.toMatch(RAW)
  })

  test('has the same as yaml', async () => {
    const [asYaml, asJson] = await Promise.all([
      run(command, '--output', 'yaml'),
      run(command, '--output', 'json'),
    ])
    expect(asYaml.status).toBe(status)
    expect(parse(asYaml.out, { maxAliasCount: 0 })).toEqual(JSON.parse(asJson.out))
    expect(asYaml.out.replaceAll('\n', '')).not.toMatch(RAW)
  })

  test('has a value in each line as ndjson', async () => {
    const { status: exit, out } = await run(command, '--output', 'ndjson')
    expect(exit).toBe(status)
    const lines = out.trimEnd().split('\n')
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(JSON.parse(line)).toBeTypeOf('object')
    expect(out.replaceAll('\n', '')).not.toMatch(RAW)
  })

  test('has the columns of its help as csv, and a cell for each', async () => {
    const { status: exit, out } = await run(command, '--output', 'csv')
    expect(exit).toBe(status)
    const [head = '', ...rows] = out.trimEnd().split('\r\n')
    expect(rows.length).toBeGreaterThan(0)
    const names = head.split(',')
    for (const row of rows) expect(cellsOf(row), row).toHaveLength(names.length)
    for (const cell of rows.flatMap(cellsOf)) expect(cell).not.toMatch(/^"?[=+@\t\r]|^"?-(?!\d)/)
    expect(out.replaceAll('\r\n', '')).not.toMatch(RAW)
    const help = (await run(command.split(/ [a-z]*[^a-z ]/)[0] ?? '', '--help')).out
    for (const name of names) expect(help.split(/\s+/)).toContain(name)
    // A column that a misspelt path leaves empty would be of no use.
    const table = rows.map(cellsOf)
    const empty = names.filter((_, n) => table.every((cells) => (cells[n] ?? '') === ''))
    expect(empty.filter((name) => !MAY_BE_EMPTY.has(name))).toEqual([])
  })

  test('has lines without control characters as a table', async () => {
    const { status: exit, out, err } = await run(command)
    expect(exit).toBe(status)
    expect(out).not.toBe('')
    expect(`${out}${err}`.replaceAll('\n', '')).not.toMatch(RAW)
  })
})

/** Columns that the samples have no value for. */
const MAY_BE_EMPTY = new Set([
  // Groups and registries have no override, and this answer is about one of them.
  ...['configuredLimitBytes', 'override.limit', 'override.by', 'override.why'],
  ...['override.since', 'override.until'],
  // Of a threshold that is the quota; the sample is another.
  ...['quotaBytes', 'passesQuota'],
  // Of a run that was held back, an alert about a group, a tag that was moved, a job that did not fail.
  ...['hold.what', 'group', 'elsewhere', 'failedReason', 'progress', 'result'],
  // Of a forecast that is about a project or a group.
  ...['registry', 'garbageBytes', 'garbageBytesThen'],
])

const cellsOf = (row: string): string[] =>
  [...row.matchAll(/(?<=^|,)("(?:[^"]|"")*"|[^,"]*)/g)].map(([, cell = '']) => cell)
