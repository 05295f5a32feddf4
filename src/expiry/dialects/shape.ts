import { type Static, type TSchema, Type } from 'typebox'
import { Pointer, Value } from 'typebox/value'
import { PolicyError } from './dialect.ts'

/**
 * Checks the form of a document: types, required fields, and no field that the schema lacks. `name` stands for the whole.
 * @throws PolicyError that names the first field that is wrong
 */
export function readShape<Schema extends TSchema>(
  schema: Schema,
  document: unknown,
  name = 'policy',
): Static<Schema> {
  if (Value.Check(schema, document)) return document
  const errors = Value.Errors(schema, document)
  const [error] = errors
  const path = (error?.instancePath ?? '')
    .slice(1)
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.')
  if (error?.keyword === 'required') {
    const field = error.params.requiredProperties[0] ?? ''
    throw new PolicyError(path === '' ? field : `${path}.${field}`, 'it is missing')
  }
  // An unknown field gives two errors. The first names the field, the second its object.
  const message = error?.keyword === 'boolean' ? unknownIn(schema, errors) : messageOf(error)
  throw new PolicyError(path === '' ? name : path, message)
}

type SchemaError = ReturnType<typeof Value.Errors>[number]

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'an integer',
  number: 'a number',
  object: 'an object',
  string: 'a string',
}

function messageOf(error: SchemaError | undefined): string {
  if (error?.keyword === 'enum') return `expected ${error.params.allowedValues.join(' or ')}`
  if (error?.keyword === 'type') return `expected ${TYPES[String(error.params.type)] ?? error.params.type}`
  if (error?.keyword === 'minimum') return `expected a number of at least ${error.params.limit}`
  return error?.message ?? 'it is not valid'
}

function unknownIn(schema: TSchema, errors: readonly SchemaError[]): string {
  const of = errors.find(({ keyword }) => keyword === 'additionalProperties')
  const object = of && Pointer.Get(schema, of.schemaPath.slice(1))
  const known = Type.IsObject(object) ? `; known are ${Object.keys(object.properties).join(', ')}` : ''
  return `no such field exists${known}`
}
