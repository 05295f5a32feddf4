import { type Static, Type } from 'typebox'

/** A project's quota state: under its warning mark, past it, or past the limit. */
export const Flag = Type.Union([Type.Literal('ok'), Type.Literal('warning'), Type.Literal('over')])
export type Flag = Static<typeof Flag>
