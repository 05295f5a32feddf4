import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LabTallyman, startTallyman } from '../../lab/tallyman.ts'
import { jsonSchemaOfConfig } from '../../src/config/json-schema.ts'

let tallyman: LabTallyman
beforeAll(async () => {
  tallyman = await startTallyman()
})
afterAll(() => tallyman.close())

test('the JSON Schema of the configuration needs no token, and is sent once', async () => {
  const url = '/schema/tallyman.json'
  const first = await tallyman.app.inject(url)
  expect(first.statusCode).toBe(200)
  expect(first.headers['content-type']).toMatch(/^application\/json/)
  expect(first.json()).toEqual(jsonSchemaOfConfig())
  const again = await tallyman.app.inject({ url, headers: { 'if-none-match': String(first.headers.etag) } })
  expect({ status: again.statusCode, body: again.body }).toEqual({ status: 304, body: '' })
})
