import { type TObject, type TSchema, Type } from 'typebox'

/** The keys that lead to a value; the key of a list element is its index. */
export type Path = readonly string[]

/** A value, which may be missing or wrong, with the schema that it should fit. */
export interface Node {
  readonly schema: TSchema
  readonly value: unknown
  readonly path: Path
}

/**
 * Yields a node for each value that the file has or the schema declares, parents first. A missing value is replaced by
 * its default. For a union, the node has the schema of the member that fits best, or the union if no member fits.
 */
export function* walk(declared: TSchema, given: unknown, path: Path = []): Generator<Node> {
  const value = given ?? ('default' in declared ? declared.default : undefined)
  if (value === undefined && Type.IsOptional(declared)) return
  const schema = (Type.IsUnion(declared) && bestMember(declared.anyOf, value)) || declared
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

/** Among the members whose literals (`type`) equal the value's: the one that declares most of the value's keys. */
function bestMember(members: TSchema[], value: unknown): TObject | undefined {
  if (!isMapping(value)) return undefined
  const declared = (member: TObject) =>
    Object.keys(value).filter((key) => Object.hasOwn(member.properties, key)).length
  return members
    .filter((member) => Type.IsObject(member))
    .filter(({ properties }) =>
      Object.entries(properties).every(
        ([key, child]) => !Type.IsLiteral(child) || child.const === value[key],
      ),
    )
    .toSorted((a, b) => declared(b) - declared(a))[0]
}

export function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isSecret(schema: TSchema | undefined): boolean {
  return schema !== undefined && 'secret' in schema
}
