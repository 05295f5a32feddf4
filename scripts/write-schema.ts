import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { jsonSchemaOfConfig, SCHEMA_PATH } from '../src/config/json-schema.ts'

/** Writes the JSON Schema that is in the repository and in the package. A test fails if it is not that of the source. */
await writeFile(
  join(import.meta.dirname, '..', SCHEMA_PATH),
  `${JSON.stringify(jsonSchemaOfConfig(), undefined, 2)}\n`,
)
