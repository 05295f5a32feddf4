import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { PolicyError } from './dialect.ts'

/**
 * Checks the form of a policy document: types, required fields, and no field that the schema lacks.
 * @throws PolicyError that names the first field that is wrong
 */
export function readShape<Schema extends TSchema>(schema: Schema, document: unknown): Static<Schema> {
  if (Value.Check(schema, document)) return document
  // An unknown field gives two errors. The first names the field.
  const [error] = Value.Errors(schema, document)
  const path = (error?.instancePath ?? '')
    .slice(1)
    .replaceAll(/\/(\d+)/g, '[$1]')
    .replaceAll('/', '.')
  if (error?.keyword === 'required') {
    const field = error.params.requiredProperties[0] ?? ''
    throw new PolicyError(path === '' ? field : `${path}.${field}`, 'it is missing')
  }
  throw new PolicyError(path === '' ? 'policy' : path, messageOf(error))
}

function messageOf(error: ReturnType<typeof Value.Errors>[number] | undefined): string {
  if (error?.keyword === 'boolean') return 'no such field exists'
  if (error?.keyword === 'enum') return `expected ${error.params.allowedValues.join(' or ')}`
  return error?.message ?? 'it is not valid'
}
