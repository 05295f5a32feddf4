import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabTallyman, startTallyman } from '../../lab/tallyman.ts'

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman()
})
afterAll(() => tallyman.close())

type Json = { [key: string]: unknown }
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The places of fields and parameters without a description. */
function* undescribed(value: unknown, path: string): Generator<string> {
  if (Array.isArray(value)) {
    for (const [n, item] of value.entries()) yield* undescribed(item, `${path}/${n}`)
    return
  }
  if (!isObject(value)) return
  const isParameter = typeof value.in === 'string' && typeof value.name === 'string'
  if (isParameter && !isDescribed(value)) yield `${path} ${value.name}`
  for (const [key, child] of Object.entries(value)) {
    if (key === 'properties' && isObject(child))
      for (const [name, field] of Object.entries(child)) {
        if (!isDescribed(field)) yield `${path}.${name}`
        yield* undescribed(field, `${path}.${name}`)
      }
    else if (key !== 'const' && key !== 'default' && key !== 'enum')
      yield* undescribed(child, `${path}/${key}`)
  }
}

const isDescribed = (field: unknown): boolean =>
  isObject(field) && typeof field.description === 'string' && field.description.trim().length > 3

test('every field and parameter of the API is described', async () => {
  const document = (await tallyman.app.inject('/openapi.json')).json()
  expect(Object.keys(document.paths).length).toBeGreaterThan(20)
  expect([...new Set(undescribed(document, ''))]).toEqual([])
})

/** The places of patterns whose refusal would not tell in words what is expected. */
function* unexplained(value: unknown, path: string, isExplained = false): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  const explained = isExplained || 'x-expected' in value
  if ('pattern' in value && typeof value.pattern === 'string' && !explained) yield path
  // A parameter has its schema below.
  for (const [key, child] of Object.entries(value))
    yield* unexplained(child, `${path}/${key}`, key === 'schema' && explained)
}

test('what is expected where a request has a pattern is said in words', async () => {
  const { paths } = (await tallyman.app.inject('/openapi.json')).json<{
    paths: Record<string, Record<string, { parameters?: unknown; requestBody?: unknown }>>
  }>()
  const asked = Object.entries(paths).flatMap(([path, operations]) =>
    Object.values(operations).map(({ parameters, requestBody }) => ({ path, parameters, requestBody })),
  )
  expect(JSON.stringify(asked)).toContain('"pattern"')
  expect(asked.flatMap(({ path, ...of }) => [...unexplained(of, path)])).toEqual([])
})
