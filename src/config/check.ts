import { type TObject, type TRecord, type TUnion, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Report } from './config-error.ts'
import { PartError } from './fields.ts'
import { keysOf } from './secrets.ts'
import { suggest } from './suggest.ts'
import { isMapping, isSecret, type Node, type Path } from './walk.ts'

/** Reports what is wrong with one node. Its children are nodes of their own. */
export function checkNode({ schema, value, path }: Node, report: Report): void {
  if (Type.IsObject(schema) || Type.IsRecord(schema) || Type.IsUnion(schema)) {
    if (value === undefined && 'example' in schema) report(path, `missing; expected ${schema.example}`)
    else if (!isMapping(value)) report(path, 'expected a mapping', typeName(value))
    else if (Type.IsObject(schema)) checkSection(schema, value, path, report)
    else if (Type.IsRecord(schema)) checkNames(schema, value, path, report)
    else checkType(schema, value, path, report)
  } else if (Type.IsArray(schema)) {
    if (!Array.isArray(value)) report(path, 'expected a list', typeName(value))
    else if (value.length === 0 && 'minItems' in schema) report(path, 'expected at least one entry')
  } else {
    const error = decodeError({ schema, value, path })
    if (error instanceof PartError)
      reportLeaf({ schema, value: error.value, path: [...path, error.key] }, error.message, report)
    else if (error !== undefined) reportLeaf({ schema, value, path }, error.message, report)
  }
}

function checkSection(schema: TObject, value: Record<string, unknown>, path: Path, report: Report): void {
  const keys = keysOf(schema)
  /** Keys that people may expect here, and why there are none. */
  const refused: Record<string, string> = 'refused' in schema ? Object(schema.refused) : {}
  for (const key of Object.keys(value).filter((key) => !keys.includes(key))) {
    const nearest = suggest(key, keys)
    const hint = nearest === undefined ? `expected one of ${keys.join(', ')}` : `did you mean "${nearest}"?`
    report([...path, key], Object.hasOwn(refused, key) ? (refused[key] ?? '') : `unknown key; ${hint}`)
  }
  if (!Type.IsRefine(schema)) return
  for (const { check, error } of schema['~refine']) if (!check(value)) report(path, error(value))
}

function checkNames(schema: TRecord, value: Record<string, unknown>, path: Path, report: Report): void {
  const pattern = new RegExp(Type.RecordPattern(schema))
  const names = Object.keys(value)
  if (names.length === 0) report(path, 'expected at least one entry')
  const expected = 'expectedName' in schema ? schema.expectedName : `a name that matches ${pattern.source}`
  for (const name of names) if (!pattern.test(name)) report([...path, name], `expected ${expected}`)
}

/** Reports a mapping whose `type` is that of no member of the union. */
function checkType(schema: TUnion, value: Record<string, unknown>, path: Path, report: Report): void {
  const types = schema.anyOf
    .filter((member) => Type.IsObject(member))
    .map(({ properties }) => properties.type)
    .filter((type) => Type.IsLiteral(type))
  const names = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
    types.map((type) => String(type.const)),
  )
  const message = `expected ${names}`
  reportLeaf({ schema, value: value.type, path: [...path, 'type'] }, message, report)
}

function reportLeaf({ schema, value, path }: Node, message: string, report: Report): void {
  if (value === undefined) report(path, `missing; ${message}`)
  else report(path, message, isSecret(schema) ? undefined : shown(value))
}

/** Why the value does not fit its schema; `undefined` if it does. */
function decodeError({ schema, value }: Node): Error | undefined {
  try {
    Value.Decode(schema, value)
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** A value that is not secret, as shown to people. What precedes an @ may be the credentials of a URL. */
function shown(value: unknown): string {
  return typeof value === 'object' ? typeName(value) : JSON.stringify(value).replace(/^".*@/, '"***@')
}

/** Shows the type alone: a value in the place of a section may be anything, also a secret. */
function typeName(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return isMapping(value) ? 'a mapping' : `a ${typeof value}`
}
