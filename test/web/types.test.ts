import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTallyman } from '../../lab/tallyman.ts'
import { readTypes, typesOf } from '../../web/make-types.ts'

test("the dashboard's types are those of the API: `npm run web:types` makes them anew", async () => {
  const tallyman = await startTallyman()
  try {
    expect(await readTypes()).toBe(await typesOf((await tallyman.app.inject('/openapi.json')).json()))
  } finally {
    await tallyman.close()
  }
})

const SOURCES = join(import.meta.dirname, '../../web/src')

test('no text is ever taken for HTML', async () => {
  const files = (await readdir(SOURCES, { recursive: true })).filter((file) => /\.tsx?$/.test(file))
  expect(files.length).toBeGreaterThan(20)
  for (const file of files) {
    if (file.endsWith('schema.d.ts')) continue
    const text = await readFile(join(SOURCES, file), 'utf8')
    expect(text, file).not.toMatch(
      /dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|new Function|\beval\(/,
    )
  }
})
