import { describe, expect, test } from 'vitest'
import { foundAge, foundTagAge, replacesTagAge } from '../../src/reconcile/found-age.ts'
import type { Age, AgeSource } from '../../src/usage/age.ts'

const [FIRST, NOW] = [1_000, 2_000]
const run = { readAt: NOW, firstReadAt: FIRST }
const age = (source: AgeSource, at: number): Age => ({ source, at })

describe('the age of an image that a run found', () => {
  test.each<[string, Age | undefined, { foundAt: number; changedAt: number }, Age]>([
    ['that nothing tells', undefined, { foundAt: NOW, changedAt: 0 }, age('seen', NOW)],
    ['that the storage tells', age('storage', 500), { foundAt: NOW, changedAt: 0 }, age('storage', 500)],
    ['in the future', age('storage', 9_000), { foundAt: NOW, changedAt: 0 }, age('storage', NOW)],
    ['from before a deletion', age('storage', 500), { foundAt: NOW, changedAt: 500 }, age('seen', NOW)],
    ['of a build, at the first run', age('image', 500), { foundAt: FIRST, changedAt: 0 }, age('image', 500)],
    ['of a build, at a later run', age('image', 500), { foundAt: NOW, changedAt: 0 }, age('undated', NOW)],
    ['of a build before a deletion', age('image', 5), { foundAt: FIRST, changedAt: 5 }, age('undated', NOW)],
  ])('%s', (_, told, found, expected) => {
    expect(foundAge(told, found, run)).toEqual(expected)
  })
})

describe('the age of a tag', () => {
  test('is not believed if it is not after the last change, by later runs neither', () => {
    const first = foundTagAge(age('storage', 500), 500, run)
    expect(first).toEqual(age('undated', NOW))
    // The next run finds the tag as it is known: no change counts.
    const next = foundTagAge(age('storage', 500), 0, run)
    expect(next).toEqual(age('storage', 500))
    expect(replacesTagAge(next, first)).toBe(false)
  })

  test.each<[Age, Age, boolean]>([
    [age('storage', 500), age('seen', 700), true],
    [age('storage', 700), age('storage', 500), false],
    [age('registry', 700), age('storage', 500), true],
    // GitLab's time changes only when the tag moves.
    [age('registry', 700), age('registry', 500), true],
    [age('registry', 500), age('registry', 700), false],
    [age('registry', 700), age('event', 500), false],
    [age('seen', 700), age('seen', 500), false],
  ])('%o after %o: %o', (later, known, expected) => {
    expect(replacesTagAge(later, known)).toBe(expected)
  })
})
