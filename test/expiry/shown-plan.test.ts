import { expect, test } from 'vitest'
import type { Decision } from '../../src/expiry/decision.ts'
import type { ExpiryPolicy } from '../../src/expiry/plan.ts'
import { collectPlan, limitOf, policyDigest } from '../../src/expiry/shown-plan.ts'

const POLICY: ExpiryPolicy = {
  name: 'p',
  registry: 'ci',
  repository: '**',
  rules: [{ tag: { glob: 'pr-*' }, expire: true }],
}
const decision = (more: Partial<Decision>): Decision => ({
  ...{ project: 'ci/a', repository: 'a', digest: 'sha256:1', tags: ['pr-1', 'pr-2'] },
  ...{ verdict: 'delete', rule: 'expire pr-*', reason: 'it is old' },
  ...more,
})
const shownOf = (decisions: Decision[], asOf = 1) => {
  const plan = collectPlan('p', [POLICY], asOf)
  decisions.forEach(plan.note)
  return plan.end()
}
const untag = decision({
  digest: 'sha256:2',
  verdict: 'untag',
  tags: ['pr-3', 'pr-4', 'v1'],
  untag: ['pr-3', 'pr-4'],
})
const stays = decision({ digest: 'sha256:3', verdict: 'keep', tags: ['v2'] })

test('the id is that of what goes: not of when, nor of what stays', () => {
  const { id } = shownOf([decision({}), untag])
  expect(shownOf([decision({}), untag, stays], 2).id).toBe(id)
  expect(shownOf([decision({ tags: ['pr-2', 'pr-1'] }), untag]).id).toBe(id)
  for (const other of [
    [decision({})],
    [decision({ tags: ['pr-1'] }), untag],
    [decision({ rule: 'another' }), untag],
    [decision({ repository: 'b' }), untag],
    [decision({}), { ...untag, untag: ['pr-3'] }],
  ])
    expect(shownOf(other).id).not.toBe(id)
})

test('a change of the rules changes the digest of a policy, a change of when it runs does not', () => {
  const digest = policyDigest([POLICY])
  const scheduled = { ...POLICY, mode: 'apply', schedule: '1 * * * *', timeZone: 'UTC', notice: 5 }
  expect(policyDigest([scheduled as ExpiryPolicy])).toBe(digest)
  expect(policyDigest([{ ...POLICY, rules: [{ tag: { glob: 'pr-*' }, keep: true }] }])).not.toBe(digest)
  expect(policyDigest([POLICY, { ...POLICY, registry: 'next' }])).not.toBe(digest)
})

test.each<[string, Decision, Partial<Decision>]>([
  ['what was shown', decision({}), { verdict: 'delete' }],
  ['what has lost a tag', decision({ tags: ['pr-1'] }), { verdict: 'delete' }],
  ['tags that were shown', untag, { verdict: 'untag', untag: ['pr-3', 'pr-4'] }],
  [
    'a tag of an image that was to go whole',
    decision({ verdict: 'untag', untag: ['pr-1', 'new'] }),
    { untag: ['pr-1'] },
  ],
])('%s may go', (_, now, expected) => {
  expect(limitOf(shownOf([decision({}), untag])).of(now)).toMatchObject(expected)
})

test.each<[string, Decision]>([
  ['what was not shown', decision({ digest: 'sha256:9' })],
  ['what is in another repository', decision({ repository: 'b' })],
  ['what has a tag more', decision({ tags: ['pr-1', 'pr-2', 'pr-9'] })],
  ['what was to lose tags only', { ...untag, verdict: 'delete', tags: ['pr-3'] }],
  ['a tag that was not shown', { ...untag, untag: ['v1'] }],
  ['what stays', stays],
])('%s stays', (_, now) => {
  const kept = limitOf(shownOf([decision({}), untag])).of(now)
  expect(kept.verdict).toBe('keep')
  expect(kept.untag).toBeUndefined()
})
