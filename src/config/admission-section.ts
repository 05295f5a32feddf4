import { Type } from 'typebox'
import { Choice, Flag } from './fields.ts'
import { section } from './sections.ts'

export const admission = section('Answering a proxy whether a push may go on to its registry.', {
  enabled: Flag('Whether such questions are answered.', { default: false }),
  failOpen: Flag('Whether a push may go on while nobody knows if its project is over its quota.', {
    default: true,
  }),
  quotas: Type.Array(Choice('A kind.', ['project', 'group', 'registry']), {
    description: 'The kinds of quotas that refuse pushes when they are over.',
    minItems: 1,
    default: ['project'],
  }),
})
