import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { jsonSchemaOfConfig } from '../../src/config/json-schema.ts'

const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false })
for (const shown of ['patternErrorMessage', 'markdownDescription']) ajv.addKeyword(shown)
const validate = ajv.compile(jsonSchemaOfConfig())

/** What the JSON Schema finds wrong with a configuration: places with messages, none if it accepts it. */
export function refusalsOf(value: unknown): string[] {
  validate(value)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

export const refusalsOfYaml = (text: string): string[] => refusalsOf(parse(text, { logLevel: 'silent' }))

/** The same, without keys that have no value: `loadConfig` ignores them, and an editor marks those of leaves. */
export const refusalsWithoutNulls = (text: string): string[] =>
  refusalsOf(parse(text, (_key, value) => value ?? undefined, { logLevel: 'silent' }))
