import { type TObject, type TSchema, Type } from 'typebox'

/** The keys that lead to a value; list elements by their index. */
export type Path = readonly string[]

/** A value, possibly missing or wrong, beside the schema that it should fit. */
export interface Node {
  readonly schema: TSchema
  readonly value: unknown
  readonly path: Path
}

/**
 * Every node that the schema and the value give, parents first, with defaults where the value is missing. Of a union
 * comes the member that the value means; only where its `type` is of none, the union itself.
 */
export function* walk(declared: TSchema, given: unknown, path: Path = []): Generator<Node> {
  const value = given ?? ('default' in declared ? declared.default : undefined)
  if (value === undefined && Type.IsOptional(declared)) return
  const schema = (Type.IsUnion(declared) && memberMeant(declared.anyOf, value)) || declared
  yield { schema, value, path }
  if (Type.IsObject(schema) && isMapping(value)) {
    for (const [key, child] of Object.entries(schema.properties))
      yield* walk(child, value[key], [...path, key])
  } else if (Type.IsRecord(schema) && isMapping(value)) {
    for (const [key, child] of Object.entries(value))
      yield* walk(Type.RecordValue(schema), child, [...path, key])
  } else if (Type.IsArray(schema) && Array.isArray(value)) {
    for (const [index, child] of value.entries()) yield* walk(schema.items, child, [...path, String(index)])
  }
}

/** Of the members whose literals (`type`) the value has, the one that knows most of its keys. */
function memberMeant(members: TSchema[], value: unknown): TObject | undefined {
  if (!isMapping(value)) return undefined
  const known = (member: TObject) =>
    Object.keys(value).filter((key) => Object.hasOwn(member.properties, key)).length
  return members
    .filter((member) => Type.IsObject(member))
    .filter(({ properties }) =>
      Object.entries(properties).every(
        ([key, child]) => !Type.IsLiteral(child) || child.const === value[key],
      ),
    )
    .toSorted((a, b) => known(b) - known(a))[0]
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isSecret(schema: TSchema | undefined): boolean {
  return schema !== undefined && 'secret' in schema
}
