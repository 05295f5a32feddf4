import { expect, test } from 'vitest'
import { doubtsOfStorage } from '../../src/collection/doubts-of-storage.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { STORAGE_RULES, storageFindings } from '../../src/doctor/storage/storage-findings.ts'
import { factsWith } from '../doctor/storage/sample-facts.ts'

const conduct = { mode: 'conduct', flushesCache: true } as const
const barrier = { mode: 'barrier', flushesCache: false } as const
const doubts = (
  facts: Parameters<typeof factsWith>[0],
  settings: Parameters<typeof factsWith>[1] = {},
  how: Parameters<typeof doubtsOfStorage>[1] = conduct,
) =>
  doubtsOfStorage(
    storageFindings(factsWith(facts, settings)).map((found) => ({ check: 'storage', ...found })),
    how,
  )

test('nothing is said against a healthy storage, nor against one of which little is known', () => {
  const unknown = { unknown: 'AccessDenied' }
  for (const how of [conduct, barrier]) {
    expect(doubts({}, {}, how)).toEqual([])
    expect(
      doubts(
        { served: unknown, refusesDeletes: unknown, cacheRequests: unknown, surveyed: undefined },
        {
          ...{ lifecycle: unknown, versioning: unknown, retention: unknown, replication: unknown },
          may: { list: { value: true }, write: unknown, delete: unknown },
        },
        how,
      ),
    ).toEqual([])
  }
})

test('what makes it dangerous or useless is told, with its rule', () => {
  expect(doubts({ isThere: false })).toEqual([expect.stringContaining('no-registry-here')])
  expect(doubts({}, { versioning: { value: 'on' } })).toEqual([
    expect.stringMatching(/keeps old versions.*frees a byte \(storage doctor: versioning\)/),
  ])
  expect(
    doubts(
      { trashMs: 2 * 86_400_000 },
      {
        lifecycle: {
          value: [
            { name: 'abort', prefixes: [''], does: 'abort-uploads', days: 8 },
            { name: 'r1', prefixes: ['reg/tallyman-trash/'], does: 'delete', days: 1 },
          ],
        },
      },
      barrier,
    ),
  ).toEqual([expect.stringContaining('lifecycle-trash')])
})

test('a cache that no hook flushes, and rights that only a collection by Tallyman needs', () => {
  const cached = { cacheRequests: { value: 7 } }
  expect(doubts(cached)).toEqual([])
  expect(doubts(cached, {}, { mode: 'conduct', flushesCache: false })).toEqual([
    expect.stringContaining('descriptor-cache'),
  ])
  const may = { list: { value: true }, write: { value: false }, delete: { value: true } }
  expect(doubts({}, { may })).toEqual([])
  expect(doubts({}, { may }, barrier)).toEqual([expect.stringContaining('may not write')])
})

test('each of its rules is one of the storage doctor', () => {
  const rules = STORAGE_RULES.map(({ rule }) => rule)
  const all = rules.map((rule): Finding => ({ check: 'c', level: 'error', what: 'w', rule, sure: 'certain' }))
  const heard = doubtsOfStorage(all, barrier).map((text) => /storage doctor: (.*)\)$/.exec(text)?.[1])
  expect(heard).toEqual([
    ...['no-registry-here', 'other-storage', 'objects-archived', 'lifecycle-trash', 'retention'],
    ...['permissions', 'clocks'],
  ])
})
