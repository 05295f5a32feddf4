import { type Static, Type } from 'typebox'

/** How sure a finding is. `not known`: it could not be found out, and should be looked at. */
export const SURE = ['certain', 'likely', 'not known'] as const

/** Something that the doctor found, in words for people. */
export const Finding = Type.Object({
  check: Type.String({ description: 'What was looked at: `redis`, `registry ci`, `events of ci`.' }),
  level: Type.Union(
    [Type.Literal('ok'), Type.Literal('note'), Type.Literal('warning'), Type.Literal('error')],
    {
      description:
        '`ok`; `note`: good to know; `warning`: it works, and something may be lost or wrong later; `error`: something does not work.',
    },
  ),
  what: Type.String({ description: 'What was found.' }),
  why: Type.Optional(Type.String({ description: 'Why that matters.' })),
  fix: Type.Optional(Type.String({ description: 'What to do about it.' })),
  rule: Type.Optional(
    Type.String({
      description: 'The rule by which it was found, such as `lifecycle-deletes` (docs/storage-doctor.md).',
    }),
  ),
  sure: Type.Optional(Type.Enum([...SURE], { description: 'How sure it is.' })),
})
export type Finding = Static<typeof Finding>

/** A finding whose check is known by where it was found. */
export type Found = Omit<Finding, 'check'> & { check?: string }

/** Something to look at. */
export interface Check {
  /** `redis`, `registry ci` */
  name: string
  /** Looks at it. What it throws is a finding, too. */
  run(): Promise<Found[]>
}
