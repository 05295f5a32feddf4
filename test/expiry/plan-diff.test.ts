import { describe, expect, test } from 'vitest'
import type { Decision, Deleted } from '../../src/expiry/decision.ts'
import { diffPlans } from '../../src/expiry/plan-diff.ts'

const image = (digest: string, tags: string[] = ['pr-1']) => ({
  ...{ project: 'ci/team', repository: 'team/app', digest, tags },
})
const now = (
  digest: string,
  verdict: Decision['verdict'],
  reason: string,
  more: Partial<Decision> = {},
): Decision => ({
  ...{ ...image(digest), verdict, rule: 'expire pr-*', reason, ...more },
})
const was = (
  digest: string,
  outcome: Deleted['outcome'] = 'planned',
  more: Partial<Deleted> = {},
): Deleted => ({
  ...{ ...now(digest, 'delete', 'it was 8 days old'), outcome, ...more },
})
const told = (changes: ReturnType<typeof diffPlans>) =>
  changes.map(({ change, digest, untag, reason }) => [change, digest, ...(untag ?? []), reason].join(' '))

describe('images', () => {
  test('that expire as before, or stay as before, are no change', () => {
    expect(
      diffPlans([was('a')], [now('a', 'delete', 'it is 9 days old'), now('b', 'keep', 'no rule')]),
    ).toEqual([])
  })

  test('that newly expire have the reason for it', () => {
    expect(
      told(diffPlans([was('a')], [now('a', 'delete', 'old'), now('b', 'delete', 'it is 8 days old')])),
    ).toEqual(['expires b it is 8 days old'])
  })

  test('that no longer expire have the reason why they stay', () => {
    expect(told(diffPlans([was('a')], [now('a', 'keep', 'alice keeps it')]))).toEqual([
      'stays a alice keeps it',
    ])
    const part = now('a', 'untag', 'it stays for the tag v1', { untag: ['pr-1'], tags: ['pr-1', 'v1'] })
    expect(told(diffPlans([was('a')], [part]))).toEqual(['stays a it stays for the tag v1'])
  })

  test('that are gone say whether the run has deleted them', () => {
    expect(told(diffPlans([was('a'), was('b', 'deleted'), was('c', 'failed')], []))).toEqual([
      'gone a it is not there any more',
      'gone b the run has deleted it: it was 8 days old',
      'gone c it is not there any more',
    ])
  })

  test('that were deleted and are back stay or expire by the plan of now', () => {
    expect(told(diffPlans([was('a', 'deleted')], [now('a', 'keep', 'it is 1 day old')]))).toEqual([
      'stays a it is 1 day old',
    ])
  })

  test('of the same digest in another repository are other images', () => {
    const other = now('a', 'delete', 'it is 8 days old', { repository: 'team/web' })
    expect(told(diffPlans([was('a')], [other]))).toEqual([
      'expires a it is 8 days old',
      'gone a it is not there any more',
    ])
  })
})

describe('single tags', () => {
  const tags = ['pr-1', 'pr-2', 'v1']
  const untagged = (tag: string) => was('a', 'planned', { verdict: 'untag', untag: [tag], tags })

  test('are compared one by one', () => {
    const both = now('a', 'untag', 'because', { untag: ['pr-1', 'pr-2'], tags })
    expect(diffPlans([untagged('pr-1'), untagged('pr-2')], [both])).toEqual([])
    expect(told(diffPlans([untagged('pr-1')], [both]))).toEqual(['expires a pr-2 because'])
    const one = now('a', 'untag', 'because', { untag: ['pr-1'], tags })
    expect(told(diffPlans([untagged('pr-1'), untagged('pr-2')], [one]))).toEqual(['stays a pr-2 because'])
    const kept = now('a', 'keep', 'alice keeps it', { tags: ['pr-1', 'v1'] })
    expect(told(diffPlans([untagged('pr-1'), untagged('pr-2')], [kept]))).toEqual([
      'stays a pr-1 alice keeps it',
      'gone a pr-2 the image has lost the tag since',
    ])
  })

  test('of an image that goes now as a whole are a change of the image', () => {
    expect(told(diffPlans([untagged('pr-1')], [now('a', 'delete', 'it is old')]))).toEqual([
      'expires a it is old',
    ])
  })

  test('that are gone say whether the run has deleted them, by the rule and the reason of the run', () => {
    const done = {
      ...untagged('pr-1'),
      outcome: 'untagged' as const,
      reason: 'it was old',
      rule: 'expire pr-*',
    }
    const kept = now('a', 'keep', 'its rule keeps it', { tags: ['v1'], rule: 'keep v*' })
    const changes = diffPlans([done, untagged('pr-2')], [kept])
    expect(told(changes)).toEqual([
      'gone a pr-1 the run has deleted the tag: it was old',
      'gone a pr-2 the image has lost the tag since',
    ])
    expect(changes[0]?.rule).toBe('expire pr-*')
    expect(told(diffPlans([done, untagged('pr-2')], []))).toEqual([
      'gone a pr-1 the run has deleted the tag: it was old',
      'gone a pr-2 it is not there any more',
    ])
  })

  test('of an image that the run was to delete as well, and that is gone, are a change of the image', () => {
    expect(told(diffPlans([untagged('pr-1'), was('a', 'deleted')], []))).toEqual([
      'gone a the run has deleted it: it was 8 days old',
    ])
  })
})
