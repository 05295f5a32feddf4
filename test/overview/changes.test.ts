import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeChanges } from '../../src/overview/changes.ts'
import type { ProjectRow } from '../../src/overview/project-row.ts'

const row = (id: string, uniqueBytes: number): ProjectRow => ({
  ...{ id, uniqueBytes, exclusiveBytes: 0, referencedBytes: 0, flag: 'ok', flagSince: null },
  ...{ growthBytes: null, lastPushAt: null, lastPullAt: null },
  ...{ planAt: null, planUniqueBytes: null, planFreesBytes: null },
})
const asMap = (rows: Iterable<ProjectRow>) => new Map([...rows].map((one) => [one.id, one.uniqueBytes]))

test('who has a version and adds what changed since has all rows as they are', () => {
  const anyRows = fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(2)), {
    selector: ([id]) => id,
  })
  fc.assert(
    fc.property(fc.array(anyRows, { minLength: 1, maxLength: 12 }), fc.nat(12), (states, at) => {
      const changes = makeChanges()
      let seen = { version: 0, rows: new Map<string, number>() }
      for (const [n, state] of states.entries()) {
        changes.take(state.map(([id, bytes]) => row(id, bytes)))
        if (n <= at) seen = { version: changes.version, rows: asMap(changes.rows()) }
      }
      const changed = changes.since(seen.version)
      for (const id of changed?.gone ?? []) seen.rows.delete(id)
      for (const [id, bytes] of asMap(changed?.rows ?? [])) seen.rows.set(id, bytes)
      expect(seen.rows).toEqual(asMap(states.at(-1)?.map(([id, bytes]) => row(id, bytes)) ?? []))
    }),
  )
})

test('a version grows only if something changed', () => {
  const changes = makeChanges()
  changes.take([row('a', 1)])
  const { version } = changes
  changes.take([row('a', 1)])
  expect(changes.version).toBe(version)
  changes.take([])
  expect(changes.version).toBe(version + 1)
})

test('of a version that is too old, or of the future, it is not known what changed', () => {
  const changes = makeChanges(2)
  changes.take(['a', 'b', 'c', 'd'].map((id) => row(id, 1)))
  for (const left of [['b', 'c', 'd'], ['c', 'd'], ['d'], []]) changes.take(left.map((id) => row(id, 1)))
  expect(changes.since(1)).toBeUndefined()
  expect(changes.since(3)).toEqual({ rows: [], gone: ['c', 'd'] })
  expect(changes.since(99)).toBeUndefined()
  expect(changes.since(Number.NaN)).toBeUndefined()
})
