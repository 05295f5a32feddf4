import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTallyman } from '../lab/tallyman.ts'
import { jsonSchemaOfConfig } from '../src/config/json-schema.ts'
import { configurationDocument } from './documents/configuration.ts'
import { withRoutes } from './documents/routes.ts'

/** Writes what is made of the source in `docs`. A test fails if it is not that of the source. */
const docs = join(import.meta.dirname, '../docs')
await writeFile(join(docs, 'configuration.md'), configurationDocument(jsonSchemaOfConfig()))

const tallyman = await startTallyman()
try {
  const api = await readFile(join(docs, 'api.md'), 'utf8')
  await writeFile(join(docs, 'api.md'), withRoutes(api, (await tallyman.app.inject('/openapi.json')).json()))
} finally {
  await tallyman.close()
}
