import { describe, expect, it } from 'vitest'
import type { StorageReport } from '../../src/space/report.ts'
import { PARTS as ALL } from '../../src/space/survey.ts'
import {
  barText,
  type Collection,
  durationText,
  linesOf,
  PARTS,
  partsOf,
  phaseText,
  restOf,
  stuckText,
  uploadTexts,
} from '../../web/src/pages/storage/storage-text.ts'

const parts = (some: Partial<StorageReport['parts']>): StorageReport['parts'] =>
  ({
    ...Object.fromEntries(ALL.map((part) => [part, { objects: 0, bytes: 0 }])),
    ...some,
  }) as StorageReport['parts']

describe('the parts of a storage', () => {
  it('all have a name', () => {
    expect(Object.keys(PARTS).sort()).toEqual([...ALL].sort())
  })

  it('those of which there is nothing are told in one line, and what a store did not list is shown', () => {
    const { shown, nothing } = partsOf({
      parts: parts({ referenced: { objects: 1, bytes: 9 }, links: { objects: 2, bytes: 3 } }),
      unlisted: [{ kinds: ['version'], reason: 'AccessDenied' }],
    })
    expect(shown).toEqual(['referenced', 'unreferenced', 'orphaned', 'uploads', 'links', 'version'])
    expect(nothing).toContain('multipart uploads')
    expect(nothing).not.toContain('old versions')
    expect(shown.length + nothing.length).toBe(ALL.length)
  })

  it('are told in words for who does not see the bar', () => {
    expect(
      barText({
        parts: parts({ referenced: { objects: 1, bytes: 2048 }, orphaned: { objects: 1, bytes: 1024 } }),
        total: { objects: 2, bytes: 3072 },
      }),
    ).toBe('3.0 KiB on the disk: images 2.0 KiB, orphaned 1.0 KiB')
  })
})

it('open uploads are told by their age', () => {
  expect(
    uploadTexts({
      uploads: [
        { youngerThan: 'hour', uploads: 2, bytes: 1024 },
        { youngerThan: 'day', uploads: 0, bytes: 0 },
        { youngerThan: null, uploads: 1200, bytes: 5 },
      ],
    }),
  ).toEqual(['2 less than an hour old (1.0 KiB)', '1,200 more than a week old (5 B)'])
})

it('what projects that are not told would free is the rest', () => {
  const projects = [{ project: 'ci/a', objects: 1, bytes: 40 }]
  expect(restOf({ collectable: { objects: 3, bytes: 100 }, projects })).toBe(60)
})

it('durations are as exact as people need them', () => {
  expect([null, 0, 293, 3077, 59_999, 61_077, 3_600_000].map(durationText)).toEqual([
    ...['not known', '0.00 s', '0.29 s', '3.1 s', '60.0 s', '1m 1s', '1h'],
  ])
})

it('what a hook printed keeps its lines, and acts on nothing', () => {
  expect(linesOf('a\nb\u202ec')).toBe('a\nb\\u{202e}c')
})

it('a phase that is not known is told as it is', () => {
  expect([phaseText('drain'), phaseText('new')]).toEqual(['Pushes that have begun come to their end', 'new'])
})

describe('a registry that is held', () => {
  const at = '2026-11-27T22:00:00.000Z'
  const run = (phase: object) =>
    ({ phases: [{ phase: 'readOnlyOff', at, tookMs: null, ...phase }] }) as Collection
  it('is no alarm while a collection goes on', () => {
    expect(stuckText({ heldSince: at, collecting: run({}) })).toBeUndefined()
    expect(
      stuckText({ heldSince: at, collecting: run({ tookMs: 9, note: 'attempt 1 failed: x' }) }),
    ).toBeUndefined()
    expect(stuckText({ heldSince: null, collecting: null })).toBeUndefined()
  })
  it('is one while its writes cannot be let in, and if nobody is at it', () => {
    expect(stuckText({ heldSince: at, collecting: run({ note: 'attempt 3 failed: no' }) })).toBe(
      'attempt 3 failed: no',
    )
    expect(stuckText({ heldSince: at, collecting: null })).toContain('No collection is under way')
  })
})
