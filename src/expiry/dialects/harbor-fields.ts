import { PolicyError } from './dialect.ts'

export type Fields = ReadonlyMap<string, unknown>

/** @throws PolicyError if it is no object, or has a field that is not `known` */
export function onlyFields(value: unknown, field: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new PolicyError(field, 'expected an object')
  const fields = new Map<string, unknown>(Object.entries(value))
  const unknown = [...fields.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined) throw new PolicyError(under(field, unknown), 'Harbor has no such field')
  return fields
}

/** The path to a field of the object at `field`. The whole document is at 'policy'. */
export const under = (field: string, name: string): string => (field === 'policy' ? name : `${field}.${name}`)

/** A list; what is missing or null is an empty one. @throws PolicyError */
export function listAt(fields: Fields, name: string, field: string): unknown[] {
  const value = fields.get(name) ?? []
  if (!Array.isArray(value)) throw new PolicyError(under(field, name), 'expected a list')
  return value
}

/** A string; what is missing or null is empty. @throws PolicyError */
export function textAt(fields: Fields, name: string, field: string): string {
  const value = fields.get(name) ?? ''
  if (typeof value !== 'string') throw new PolicyError(under(field, name), 'expected a string')
  return value
}
