import { type TObject, type TRecord, type TUnion, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Report } from './config-error.ts'
import { keysOf } from './secrets.ts'
import { suggest } from './suggest.ts'
import { isMapping, isSecret, type Node, type Path } from './walk.ts'

/** Reports what is wrong with one node; its children are nodes of their own. */
export function checkNode({ schema, value, path }: Node, report: Report): void {
  if (Type.IsObject(schema) || Type.IsRecord(schema) || Type.IsUnion(schema)) {
    if (!isMapping(value)) report(path, 'expected a mapping', kind(value))
    else if (Type.IsObject(schema)) checkSection(schema, value, path, report)
    else if (Type.IsRecord(schema)) checkNames(schema, value, path, report)
    else checkType(schema, value, path, report)
  } else if (Type.IsArray(schema)) {
    if (!Array.isArray(value)) report(path, 'expected a list', kind(value))
  } else {
    const message = refusal(() => Value.Decode(schema, value))
    if (message !== undefined) reportLeaf({ schema, value, path }, message, report)
  }
}

function checkSection(schema: TObject, value: Record<string, unknown>, path: Path, report: Report): void {
  const known = keysOf(schema)
  for (const key of Object.keys(value).filter((key) => !known.includes(key))) {
    const near = suggest(key, known)
    const hint = near === undefined ? `known are ${known.join(', ')}` : `did you mean "${near}"?`
    report([...path, key], `unknown key; ${hint}`)
  }
  if (!Type.IsRefine(schema)) return
  for (const { check, error } of schema['~refine']) if (!check(value)) report(path, error(value))
}

function checkNames(schema: TRecord, value: Record<string, unknown>, path: Path, report: Report): void {
  const pattern = Type.RecordPattern(schema)
  const names = Object.keys(value)
  if (names.length === 0) report(path, 'expected at least one')
  for (const name of names) {
    if (!new RegExp(pattern).test(name)) report([...path, name], `expected a name that matches ${pattern}`)
  }
}

/** The `type` of a mapping that is no member of its union. */
function checkType(schema: TUnion, value: Record<string, unknown>, path: Path, report: Report): void {
  const types = schema.anyOf
    .filter((member) => Type.IsObject(member))
    .map(({ properties }) => properties.type)
    .filter((type) => Type.IsLiteral(type))
  const message = `expected ${types.map((type) => type.const).join(' or ')}`
  reportLeaf({ schema, value: value.type, path: [...path, 'type'] }, message, report)
}

function reportLeaf({ schema, value, path }: Node, message: string, report: Report): void {
  if (value === undefined) report(path, `missing; ${message}`)
  else report(path, message, isSecret(schema) ? undefined : show(value))
}

function refusal(parse: () => unknown): string | undefined {
  try {
    parse()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** A scalar that is not secret, for people; before an @ may stand credentials of a URL. */
function show(value: unknown): string {
  return typeof value === 'object' ? kind(value) : JSON.stringify(value).replace(/^".*@/, '"***@')
}

/** Says less than `show`: what stands where a section belongs may be anything, a secret too. */
function kind(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return isMapping(value) ? 'a mapping' : `a ${typeof value}`
}
