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
