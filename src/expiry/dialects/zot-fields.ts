import { type TSchema, Type } from 'typebox'
import { PolicyError } from './dialect.ts'
import { parseGoDuration } from './go-duration.ts'
import { parseField, type Warn } from './parse-field.ts'

/** A duration in µs. A number is one in ns, as zot prints it (`zot schema`: `"Delay": {"type": "integer"}`). */
export function readDuration(path: string, value: string | number, warn: Warn): number {
  if (typeof value === 'string') return parseField(path, value, parseGoDuration)
  if (!Number.isSafeInteger(value))
    throw new PolicyError(path, 'expected a duration such as 720h, or whole nanoseconds')
  warn(path, `a number is in nanoseconds, so this is ${value / 1e9} s`)
  return value / 1000
}

/** Names fields as the schema does: viper reads them in any case. A field that is null is not there. @throws PolicyError */
export function inKnownCase(schema: TSchema | undefined, value: unknown, path = ''): unknown {
  if (Type.IsArray(schema) && Array.isArray(value))
    return value.map((item, index) => inKnownCase(schema.items, item, `${path}[${index}]`))
  if (!Type.IsObject(schema) || typeof value !== 'object' || value === null || Array.isArray(value))
    return value
  const known = Object.keys(schema.properties)
  const fields = new Map<string, unknown>()
  for (const [key, field] of Object.entries(value)) {
    const name = known.find((one) => one.toLowerCase() === key.toLowerCase()) ?? key
    const at = path === '' ? key : `${path}.${key}`
    if (fields.has(name)) throw new PolicyError(at, `${name} is there twice`)
    fields.set(name, inKnownCase(schema.properties[name], field, at))
  }
  return Object.fromEntries([...fields].filter(([, field]) => field !== null))
}
