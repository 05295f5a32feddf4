import { type Static, Type } from 'typebox'

/** What people need to act on an alert about a project's usage. */
export const ActionFacts = Type.Object({
  growth: Type.Optional(
    Type.Object(
      {
        bytes: Type.Integer({ description: 'By how many bytes its unique bytes changed.' }),
        since: Type.String({ description: 'Since when, RFC 3339.' }),
      },
      { description: 'How much it grew. Absent without a sample from then.' },
    ),
  ),
  pushes: Type.Optional(
    Type.Array(
      Type.Object({
        image: Type.String({ description: 'The image, as `repository:tag` or `repository@digest`.' }),
        at: Type.String({ description: 'When it was pushed, RFC 3339.' }),
        by: Type.Optional(Type.String({ description: 'Who pushed it. Absent if it is not known.' })),
        bytes: Type.Integer({
          minimum: 0,
          description: 'The unique bytes that are there only since this push.',
        }),
      }),
      { description: 'The pushes of the last seven days that added most.' },
    ),
  ),
  history: Type.Optional(
    Type.Array(Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]), {
      description: 'The unique bytes of the last eight days, the oldest first. Null: there is no sample.',
    }),
  ),
  frees: Type.Optional(
    Type.Object(
      {
        bytes: Type.Integer({ minimum: 0, description: 'By how many bytes its unique bytes would fall.' }),
        images: Type.Integer({ minimum: 0, description: 'How many images would be deleted.' }),
        policies: Type.Array(Type.String(), { description: 'The names of the policies.' }),
        isExact: Type.Boolean({
          description: 'False if it may be another number: an image was not read yet, or events wait.',
        }),
      },
      {
        description:
          'What a run of its expiry policies would delete now, `mode: plan` or not. Absent if no policy is about it, or if that was not known in time.',
      },
    ),
  ),
})
export type ActionFacts = Static<typeof ActionFacts>
