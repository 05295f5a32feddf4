import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/schema'

/**
 * What an object of the store says. `undefined` if it says nothing of the kind: it was cut off, or a newer version of Tallyman has
 * written it. For what is made anew: whoever cannot read it must not fail for ever.
 */
export function storedJson<Schema extends TSchema>(
  schema: Schema,
  bytes: Buffer | undefined,
): Static<Schema> | undefined {
  if (bytes === undefined) return undefined
  try {
    const found: unknown = JSON.parse(bytes.toString())
    return Check(schema, found) ? (found as Static<Schema>) : undefined
  } catch {
    return undefined
  }
}
