import { HOSTILE } from './hostile.ts'

/** A part of a JSON Schema, as far as this service uses it. */
export interface Schema {
  type?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  allOf?: Schema[]
  properties?: Record<string, Schema>
  patternProperties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  items?: Schema
  format?: string
  pattern?: string
  minimum?: number
  minItems?: number
}

/** Texts for patterns: the first that matches is taken. */
const TEXTS = ['ci', '1764150000000-00000001', 'team.made', 'abc', '0123456789abcdef01234567']

/** A value that matches a schema, with everything that may be there, and hostile texts. */
export function sampleOf(schema: Schema): unknown {
  if (schema.const !== undefined) return schema.const
  if (schema.enum !== undefined) return schema.enum[0]
  if (schema.anyOf !== undefined) return sampleOf(schema.anyOf[0] ?? {})
  if (schema.allOf !== undefined) return Object.assign({}, ...schema.allOf.map(sampleOf))
  switch (schema.type) {
    case 'object':
      return Object.fromEntries([
        ...Object.entries(schema.properties ?? {}).map(([key, value]) => [key, sampleOf(value)] as const),
        ...anyKey(schema),
      ])
    case 'array':
      return Array.from({ length: Math.max(2, schema.minItems ?? 0) }, () => sampleOf(schema.items ?? {}))
    case 'integer':
    case 'number':
      return Math.max(7, schema.minimum ?? 0)
    case 'boolean':
      return true
    case 'string':
      return text(schema)
    default:
      return schema.type === 'null' ? null : { any: HOSTILE }
  }
}

function anyKey({ additionalProperties, patternProperties }: Schema): [string, unknown][] {
  const value =
    typeof additionalProperties === 'object'
      ? additionalProperties
      : Object.values(patternProperties ?? {})[0]
  return value === undefined ? [] : [[HOSTILE, sampleOf(value)]]
}

function text({ format, pattern }: Schema): string {
  if (format === 'date-time') return '2026-10-01T12:00:00.000Z'
  if (pattern === undefined) return HOSTILE
  const found = TEXTS.find((one) => new RegExp(pattern, 'u').test(one))
  if (found === undefined) throw new Error(`no text for ${pattern}`)
  return found
}
