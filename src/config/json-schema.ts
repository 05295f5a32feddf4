import { type TArray, type TObject, type TSchema, type TUnion, Type } from 'typebox'
import { ConfigSchema } from './schema.ts'
import { isSecret } from './walk.ts'
import type { JsonSchema } from './written.ts'

/** Where a service answers with this schema, and the path of the file in the package. */
export const SCHEMA_PATH = 'schema/tallyman.json'

/**
 * The JSON Schema (draft-07) of `tallyman.yaml`, for editors and other checkers. It describes what is written: sizes and
 * durations are text, and each secret may be in a file (`tokenFile` for `token`). It takes all that `loadConfig` takes, but for
 * a key without a value. It cannot tell all that is wrong: globs, patterns, names that must differ, and what stands in files.
 * Secrets are never required, since they may come from the environment.
 */
export const jsonSchemaOfConfig = (): JsonSchema => ({
  // Without a title: editors would show it above the description of each key.
  $schema: 'http://json-schema.org/draft-07/schema#',
  ...convert(ConfigSchema),
})

/** How a value is written that fits `schema`. */
function convert(schema: TSchema): JsonSchema {
  return { ...annotations(schema), ...form(schema), ...('written' in schema && Object(schema.written)) }
}

function form(schema: TSchema): JsonSchema {
  if (Type.IsUnion(schema)) return unionForm(schema)
  if (Type.IsObject(schema)) return objectForm(schema)
  if (Type.IsRecord(schema)) {
    const names = { [Type.RecordPattern(schema)]: convert(Type.RecordValue(schema)) }
    return { type: 'object', minProperties: 1, additionalProperties: false, patternProperties: names }
  }
  if (Type.IsArray(schema)) return arrayForm(schema)
  if (Type.IsLiteral(schema)) return { type: typeof schema.const, const: schema.const }
  return {}
}

/** Editors show `markdownDescription` in place of `description`, and no default. */
function annotations(schema: TSchema): JsonSchema {
  const { description = '', default: value } = schema as { description?: string; default?: unknown }
  const shown = value === undefined ? '' : JSON.stringify(value)
  const hasDefault = !['', '{}', '[]'].includes(shown)
  const markdown = hasDefault ? `${description}\n\nDefault: \`${textOf(value)}\`` : description
  return {
    ...(description !== '' && { description }),
    ...(markdown.includes('`') && { markdownDescription: markdown }),
    ...(hasDefault && { default: value }),
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const arrayForm = (schema: TArray): JsonSchema => ({
  type: 'array',
  items: convert(schema.items),
  ...('minItems' in schema && { minItems: schema.minItems }),
})

/** Members that have a `type` are called by it. */
const unionForm = ({ anyOf }: TUnion): JsonSchema => ({
  anyOf: anyOf.map((member) => {
    const type = Type.IsObject(member) ? member.properties.type : undefined
    if (type === undefined || !Type.IsLiteral(type)) return convert(member)
    return { title: type.const, ...convert(member) }
  }),
})

function objectForm(schema: TObject): JsonSchema {
  const entries = Object.entries(schema.properties)
  const required = entries.filter(([, child]) => isNeeded(child)).map(([key]) => key)
  const secrets = entries.filter(([, child]) => isSecret(child)).map(([key]) => key)
  const notBoth = secrets.map((key) => [`${key}File`, { properties: { [key]: false } }])
  return {
    ...{ type: 'object', additionalProperties: false },
    properties: Object.fromEntries(entries.flatMap((entry) => propertiesOf(schema, ...entry))),
    ...(required.length > 0 && { required }),
    ...(secrets.length > 0 && { dependencies: Object.fromEntries(notBoth) }),
  }
}

function propertiesOf(section: TObject, key: string, schema: TSchema): [string, JsonSchema][] {
  if (Type.IsLiteral(schema)) return [[key, describeType(section, schema)]]
  if (!isSecret(schema)) return [[key, orNothing(schema)]]
  const comment = { $comment: `required: here, in ${key}File, or in the environment` }
  return [
    [key, { ...convert(schema), ...(!Type.IsOptional(schema) && comment) }],
    [`${key}File`, fileOf(key)],
  ]
}

/** The key `type` of a channel, store or gate says what it is. */
const describeType = (section: TObject, type: TSchema): JsonSchema => ({
  description: annotations(section).description,
  ...convert(type),
})

const fileOf = (key: string): JsonSchema => ({
  ...{ type: 'string', minLength: 1, examples: [`/run/secrets/${key}`] },
  ...annotations({ description: `A file that holds \`${key}\`. The path is relative to this file.` }),
})

/** A section in which everything is commented out counts as absent. */
function orNothing(schema: TSchema): JsonSchema {
  const converted = convert(schema)
  if (isNeeded(schema)) return converted
  if (Type.IsUnion(schema))
    return { ...converted, anyOf: [...(unionForm(schema).anyOf as JsonSchema[]), { type: 'null' }] }
  const isSection = Type.IsObject(schema) || Type.IsRecord(schema) || Type.IsArray(schema)
  return isSection ? { ...converted, type: [converted.type, 'null'] } : converted
}

/** Whether the file must have it: it is not optional, and its default, if it has one, is not enough. */
function isNeeded(schema: TSchema): boolean {
  if (Type.IsOptional(schema) || isSecret(schema)) return false
  if (!('default' in schema)) return true
  if (Type.IsRecord(schema)) return true
  if (Type.IsArray(schema)) return 'minItems' in convert(schema) && (schema.default as unknown[]).length === 0
  return Type.IsObject(schema) && Object.values(schema.properties).some(isNeeded)
}
