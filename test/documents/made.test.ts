import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabTallyman, startTallyman } from '../../lab/tallyman.ts'
import { configurationDocument } from '../../scripts/documents/configuration.ts'
import { prometheusRule } from '../../scripts/documents/prometheus-rule.ts'
import { BEGIN, END, type OpenApi, withRoutes } from '../../scripts/documents/routes.ts'
import { table } from '../../scripts/documents/table.ts'
import { jsonSchemaOfConfig } from '../../src/config/json-schema.ts'

const root = join(import.meta.dirname, '../..')
const read = (file: string) => readFile(join(root, 'docs', file), 'utf8')

let tallyman: LabTallyman
let openApi: OpenApi
beforeAll(async () => {
  tallyman = await startTallyman()
  openApi = (await tallyman.app.inject('/openapi.json')).json()
})
afterAll(() => tallyman.close())

test('docs/configuration.md is made from the schema: if this fails, npm run docs', async () => {
  expect(await read('configuration.md')).toBe(configurationDocument(jsonSchemaOfConfig()))
})

test('docs/api.md has the routes of the OpenAPI document: if this fails, npm run docs', async () => {
  const document = await read('api.md')
  expect(document).toBe(withRoutes(document, openApi))
  expect(() => withRoutes('# No marks', openApi)).toThrow('expected the marks')
})

test('the Prometheus operator gets the alert rules: if this fails, npm run docs', async () => {
  const made = await readFile(
    join(root, 'deploy/kubernetes/components/monitoring/prometheus-rule.yaml'),
    'utf8',
  )
  expect(made).toBe(prometheusRule(await readFile(join(root, 'deploy/prometheus/rules.yml'), 'utf8')))
})

test('what a route is said to need is what it asks for', async () => {
  const operations = Object.entries(openApi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  )
  const ofRegistries = operations.filter(({ operation }) => !operation['x-needs'] && !operation.security)
  expect(ofRegistries.map(({ path }) => path)).toEqual(['/v1/events', '/v1/admission'])
  for (const { path, method, operation } of operations) {
    const needs = operation['x-needs']
    if (needs === undefined && !path.endsWith('z')) continue
    const url = path.replace('{queue}', 'events').replaceAll(/\{\w+\}/g, 'a%2Fb')
    const { statusCode, body } = await tallyman.app.inject({ method: method.toUpperCase() as 'GET', url })
    expect([path, statusCode]).toEqual([path, needs ? 401 : 200])
    // Nobody can be given `ask`: that is what CI jobs have.
    const verb = needs?.verb === 'ask' ? 'promote' : needs?.verb
    if (needs) expect([path, body]).toEqual([path, expect.stringContaining(`a token that has ${verb}`)])
  }
})

test('keys and forms of a schema become rows', () => {
  const text = configurationDocument({
    properties: {
      store: {
        anyOf: [
          {
            title: 'folder',
            properties: { type: { const: 'folder' }, path: { type: 'string' } },
            required: ['type'],
          },
          { type: 'null' },
        ],
      },
      server: {
        description: 'The server.',
        properties: {
          token: { type: 'string', $comment: 'required: here' },
          tokenFile: { type: 'string' },
          keep: {
            properties: { for: { type: 'string', patternErrorMessage: 'expected a duration such as 1h' } },
          },
        },
      },
    },
  })
  expect(text).toContain('## server\n\nThe server.\n')
  expect(text).toContain('| `token` | a secret | required |  |')
  expect(text).not.toContain('tokenFile` |')
  expect(text).toContain('| `keep.for` | a duration |  |  |')
  expect(text).toContain('| `type` | `folder` | required |  |')
  expect(table(['a'], [['b|c <d> `<e>` *']])[2]).toBe('| b\\|c \\<d> `<e>` \\* |')
  expect(BEGIN).not.toBe(END)
})
