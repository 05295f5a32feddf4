import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { evaluate } from '../../src/quota/evaluate.ts'
import { makeQuotaOf } from '../../src/quota/quotas.ts'

describe('evaluate', () => {
  test.each([
    [0, 'ok'],
    [799, 'ok'],
    [800, 'warning'],
    [999, 'warning'],
    [1000, 'warning'],
    [1001, 'over'],
    [1e15, 'over'],
  ])('%d of 1000 bytes, warned from 80%%, is %s', (uniqueBytes, flag) => {
    expect(evaluate(uniqueBytes, { limit: 1000, warnAt: 0.8 })).toBe(flag)
  })

  test('with a warning at 100%, a project goes from ok to warning when it is full', () => {
    expect(evaluate(999, { limit: 1000, warnAt: 1 })).toBe('ok')
    expect(evaluate(1000, { limit: 1000, warnAt: 1 })).toBe('warning')
  })

  test.each([
    [0, 'ok'],
    [1, 'over'],
  ])('a project that may hold nothing and holds %d bytes is %s', (uniqueBytes, flag) => {
    expect(evaluate(uniqueBytes, { limit: 0, warnAt: 0.8 })).toBe(flag)
  })

  const anyBytes = fc.integer({ min: 0, max: 2 ** 50 })
  const anyQuota = fc.record({
    limit: fc.integer({ min: 0, max: 2 ** 50 }),
    warnAt: fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
  })

  test('more bytes never give a better flag, and over begins one byte past the limit', () => {
    const order = ['ok', 'warning', 'over']
    const rank = (flag: string) => order.indexOf(flag)
    fc.assert(
      fc.property(anyBytes, anyBytes, anyQuota, (a, b, quota) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        expect(rank(evaluate(less, quota))).toBeLessThanOrEqual(rank(evaluate(more, quota)))
        expect(evaluate(more, quota) === 'over').toBe(more > quota.limit)
        expect(evaluate(quota.limit, quota)).toBe(quota.limit === 0 ? 'ok' : 'warning')
        expect(evaluate(0, quota)).toBe('ok')
      }),
    )
  })
})

describe('the quota of a project', () => {
  const quota = (project: string, limit: number) => ({ project, limit, warnAt: 0.8 })
  const limitOf = (project: string, ...globs: string[]) =>
    makeQuotaOf(globs.map((glob, i) => quota(glob, i + 1)))(project)?.limit

  test('is the first whose glob matches', () => {
    expect(limitOf('ci/team-a/app', 'ci/team-a/*', 'ci/**', '**')).toBe(1)
    expect(limitOf('ci/team-b/app', 'ci/team-a/*', 'ci/**', '**')).toBe(2)
    expect(limitOf('dev/team-b', 'ci/team-a/*', 'ci/**', '**')).toBe(3)
    expect(limitOf('ci/team-a/app', '**', 'ci/team-a/*')).toBe(1)
    expect(limitOf('dev/team-b', 'ci/**')).toBeUndefined()
    expect(limitOf('dev/team-b')).toBeUndefined()
  })

  test.each([
    ['**', 'ci/a', true],
    ['**', 'ci/a/b/c', true],
    ['ci/**', 'ci/a/b', true],
    ['ci/*', 'ci/a/b', false],
    ['ci/*/*', 'ci/a/b', true],
    ['*/a', 'dev/a', true],
    ['ci/team.a', 'ci/team.a', true],
    ['ci/team.a', 'ci/team-a', false],
    ['ci/team.*', 'ci/team.a', true],
    ['ci/*', 'ci/.hidden', true],
    ['**', 'ci/a/.hidden', true],
    ['ci/{a,b}/*', 'ci/b/x', true],
    ['ci/a', 'ci/a/b', false],
    ['!ci/a', 'ci/b', false],
  ])('%s matches %s: %s', (glob, project, expected) => {
    expect(limitOf(project, glob) !== undefined).toBe(expected)
  })

  test('a name without anything special matches itself and nothing else', () => {
    const anyId = fc.stringMatching(/^[a-z0-9]+(\/[a-z0-9]+([._-][a-z0-9]+)*){1,3}$/)
    fc.assert(
      fc.property(anyId, anyId, (a, b) => {
        expect(limitOf(a, a)).toBe(1)
        expect(limitOf(b, a) === 1).toBe(a === b)
      }),
    )
  })
})
