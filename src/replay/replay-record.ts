import { type Static, Type } from 'typebox'
import { PolicyOutcome } from './outcome.ts'

const time = (description: string) => Type.String({ description: `${description}, RFC 3339.` })

/** What was replayed, and what came out. */
export const ReplayResult = Type.Object({
  from: time('When the replay begins: not before the journal'),
  to: time('When it ends'),
  events: Type.Integer({ description: 'Entries of the journal that were replayed, each once.' }),
  baseline: Type.Union([Type.String(), Type.Null()], {
    description: 'The key of the snapshot from which it began. Null: it began with nothing.',
  }),
  notKnown: Type.Array(Type.String(), {
    description: 'What the answer does not know, a sentence each. Read it before the numbers.',
  }),
  policies: Type.Array(PolicyOutcome, {
    description: 'What each policy would have done, at each of its registries.',
  }),
})
export type ReplayResult = Static<typeof ReplayResult>

export const ReplayRecord = Type.Object({
  id: Type.String({ description: 'The id of the replay.' }),
  at: time('When it was asked for'),
  by: Type.String({ description: 'Who asked for it.' }),
  state: Type.Enum(['waiting', 'running', 'done', 'failed'], { description: 'How far it is.' }),
  why: Type.Optional(Type.String({ description: 'Why it failed.' })),
  progress: Type.Optional(
    Type.Object(
      {
        objects: Type.Integer({ description: 'Objects of the journal that are done.' }),
        of: Type.Integer({ description: 'All that are to be read.' }),
      },
      { description: 'While it runs.' },
    ),
  ),
  result: Type.Optional(
    Type.Object(ReplayResult.properties, { description: 'What came out, once it is done.' }),
  ),
})
export type ReplayRecord = Static<typeof ReplayRecord>
