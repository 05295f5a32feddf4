import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startTallyman } from '../lab/tallyman.ts'
import { jsonSchemaOfConfig, SCHEMA_PATH } from '../src/config/json-schema.ts'
import { configurationDocument } from './documents/configuration.ts'
import { withMetrics } from './documents/metrics.ts'
import { prometheusRule } from './documents/prometheus-rule.ts'
import { withRoutes } from './documents/routes.ts'

/** Writes what is made of other files, in `docs`, `schema` and `deploy`. Tests fail if it is not as they are. */
const root = join(import.meta.dirname, '..')
const docs = join(root, 'docs')
const deploy = join(root, 'deploy')
await writeFile(join(root, SCHEMA_PATH), `${JSON.stringify(jsonSchemaOfConfig(), undefined, 2)}\n`)
await writeFile(
  join(deploy, 'kubernetes/components/monitoring/prometheus-rule.yaml'),
  prometheusRule(await readFile(join(deploy, 'prometheus/rules.yml'), 'utf8')),
)
await writeFile(join(docs, 'metrics.md'), await withMetrics(await readFile(join(docs, 'metrics.md'), 'utf8')))
await writeFile(join(docs, 'configuration.md'), configurationDocument(jsonSchemaOfConfig()))

const tallyman = await startTallyman()
try {
  const api = await readFile(join(docs, 'api.md'), 'utf8')
  await writeFile(join(docs, 'api.md'), withRoutes(api, (await tallyman.app.inject('/openapi.json')).json()))
} finally {
  await tallyman.close()
}
