import { type TProperties, Type } from 'typebox'
import type { JsonSchema } from './written.ts'

/** A mapping; an unknown key in it is an error. `form` is what editors are told beside its keys. */
export const section = <P extends TProperties>(description: string, properties: P, form: JsonSchema = {}) =>
  Type.Object(properties, { description, additionalProperties: false, default: {}, written: form })
