import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTallyman } from '../lab/tallyman.ts'
import { jsonSchemaOfConfig, SCHEMA_PATH } from '../src/config/json-schema.ts'
import { configurationDocument } from './documents/configuration.ts'
import { withRoutes } from './documents/routes.ts'

/** Writes what is made of the source in `docs` and `schema`. Tests fail if it is not that of the source. */
const root = join(import.meta.dirname, '..')
const docs = join(root, 'docs')
await writeFile(join(root, SCHEMA_PATH), `${JSON.stringify(jsonSchemaOfConfig(), undefined, 2)}\n`)
await writeFile(join(docs, 'configuration.md'), configurationDocument(jsonSchemaOfConfig()))

const tallyman = await startTallyman()
try {
  const api = await readFile(join(docs, 'api.md'), 'utf8')
  await writeFile(join(docs, 'api.md'), withRoutes(api, (await tallyman.app.inject('/openapi.json')).json()))
} finally {
  await tallyman.close()
}
