import { expect, test } from 'vitest'
import { type Facts, problemsOf } from '../../src/collection/check.ts'
import { compareFreed } from '../../src/collection/compare.ts'

const FINE: Facts = {
  ...{ uploads: [], unreadable: 0, isCache: false, storage: [] },
  undoable: { images: 0, bytes: 0, until: 0 },
}

test('nothing speaks against a collection of a registry where nothing happens', () => {
  expect(problemsOf(FINE)).toEqual([])
})

test.for([
  ['a pull-through cache', { isCache: true }, 'pull-through cache'],
  ['a storage that is not read', { uploads: undefined }, 'whether somebody pushes is not known'],
  [
    'uploads',
    { uploads: [...'abcdefg', 'a'].map((repository) => ({ repository, bytes: 1 })) },
    '8 uploads are in progress, in a, b, c, d, e and 2 more',
  ],
  ['what the storage doctor found', { storage: ['the store keeps old versions'] }, 'keeps old versions'],
  ['an unreadable manifest', { unreadable: 1 }, '1 manifest cannot be read'],
  [
    'undo',
    { undoable: { images: 2, bytes: 2048, until: Date.parse('2026-12-01T00:00:00Z') } },
    '2 images that expiry deleted could not be brought back any more (2.0 KiB): that was promised until 2026-12-01T00:00:00.000Z',
  ],
] as const)('%s does', ([, facts, told]) => {
  const problems = problemsOf({ ...FINE, ...facts })
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(told)
})

const blobsOf = (sizes: Record<string, number>, candidates: string[]) => ({
  all: () => Object.entries(sizes),
  has: (digest: string) => digest in sizes,
  candidates: candidates.map((digest) => ({ digest, size: sizes[digest] ?? 0 })),
})

test('what is gone is counted, and each difference to what was promised is told', () => {
  const before = blobsOf({ kept: 1, promised: 10, pushed: 100, left: 1_000, deleted: 10_000 }, [
    'promised',
    'pushed',
    'left',
  ])
  const after = blobsOf({ kept: 1, pushed: 100, left: 1_000, new: 7 }, ['left'])
  const { freed, differences } = compareFreed(before, after)
  expect(freed).toEqual({ blobs: 2, bytes: 10_010 })
  expect(differences).toEqual([
    expect.stringContaining('1 blob (9.8 KiB) gone that were not promised'),
    expect.stringContaining('1 blob (100 B) promised and used again'),
    expect.stringContaining('1 blob (1000 B) promised and still there'),
  ])
  expect(compareFreed(before, blobsOf({ kept: 1, deleted: 10_000 }, [])).differences).toEqual([])
})
