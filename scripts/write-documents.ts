import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jsonSchemaOfConfig } from '../src/config/json-schema.ts'
import { configurationDocument } from './documents/configuration.ts'

await writeFile(
  join(import.meta.dirname, '../docs/configuration.md'),
  configurationDocument(jsonSchemaOfConfig()),
)
