import { expect, test } from 'vitest'
import { type Outcome, refused } from '../../src/promotion/outcome.ts'
import { whileHeld } from '../../src/promotion/while-held.ts'
import type { PromotionJob } from '../../src/queue/jobs.ts'

const JOB = { to: { registry: 'production', repository: 'team/app', tag: 'v1' } } as PromotionJob
const ATTEMPT = { id: 'x', askedAt: 0, seenAt: 7 } as Parameters<ReturnType<typeof whileHeld>>[1]

/** Promotes while the registry is held as `held` says, before and after. */
const promoted = (outcome: Outcome, ...held: boolean[]) =>
  whileHeld(async () => outcome, { isHeld: async () => held.shift() ?? false, now: () => 1_000 })(
    JOB,
    ATTEMPT,
  )

test.for([
  [true, true],
  [true, false],
  [false, true],
])('a refusal is tried again while a collection holds the registry: before %s, after %s', async (held) => {
  const outcome = await promoted(refused('405'), ...held)
  expect(outcome).toMatchObject({ state: 'waiting', again: 31_000, seenAt: 7 })
  expect(outcome).toHaveProperty('why', expect.stringContaining('garbage is collected: 405'))
})

test('a refusal of a registry that nothing holds stays one, and other outcomes stay what they are', async () => {
  expect(await promoted(refused('405'), false, false)).toEqual(refused('405'))
  const dropped = { state: 'dropped', why: 'gone' } as const
  expect(await promoted(dropped, true, true)).toEqual(dropped)
})
