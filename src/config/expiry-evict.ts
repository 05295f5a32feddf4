import { Type } from 'typebox'
import { EVICT_ORDERS } from '../expiry/evict-order.ts'
import { problemOfSelection, selectionKeys } from './expiry-rule.ts'
import { Choice } from './fields.ts'
import { Fraction, Size } from './quantity-fields.ts'
import { section } from './sections.ts'

const problemOf = (tier: Record<string, unknown>): string | undefined =>
  Object.keys(tier).some((key) => key !== 'trust')
    ? problemOfSelection(tier)
    : 'expected at least one condition, such as tag or olderThan'

const tier = Type.Refine(
  section('A tier: what meets every condition that is given.', selectionKeys, { minProperties: 1 }),
  (value) => problemOf(value as Record<string, unknown>) === undefined,
  (value) => problemOf(value as Record<string, unknown>) ?? '',
)

/** What expires once a project is over its quota. */
export const evict = Type.Object(
  {
    to: Fraction('How full it may stay: a share of the limit of its quota.', { default: '80%' }),
    order: Choice('What goes first.', [...EVICT_ORDERS], { default: 'least-recently-used' }),
    floor: Type.Optional(Size('Bytes that it may keep in any case. Default: none.')),
    tiers: Type.Optional(
      Type.Array(tier, {
        description: 'What may go, the first ones first. Default: all that no rule keeps.',
        minItems: 1,
      }),
    ),
  },
  {
    description: 'Expires just enough of what no rule keeps once a project is over its quota.',
    additionalProperties: false,
  },
)
