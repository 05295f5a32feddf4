import { expect, test } from 'vitest'
import { runText } from '../../src/collection/collection-alert.ts'
import { newRun } from '../../src/collection/runs.ts'

const asked = { registry: 'ci', mode: 'barrier', dryRun: false, force: false, by: 'ann' } as const
const amount = { blobs: 2, bytes: 2048 }

test('what went to the trash of a collection is not said to be free', () => {
  const run = { ...newRun(asked, 0), promised: amount, freed: amount, outcome: 'done' as const }
  expect(runText(run)).toContain(
    '2.0 KiB (2 blobs) went to the trash, to be deleted once gc.trash has passed',
  )
  expect(runText(run)).not.toContain('free')
  expect(runText({ ...run, mode: 'conduct' })).toContain('2.0 KiB (2 blobs) are free')
})

test('a dry run says what it leaves out', () => {
  const run = { ...newRun({ ...asked, dryRun: true }, 0), promised: { blobs: 0, bytes: 0 } }
  const differences = ['7 blobs were left out: they were written or linked less than gc.barrier.minAge ago']
  expect(runText({ ...run, outcome: 'planned', differences })).toBe(
    `a collection of garbage could run: it would free 0 B (0 blobs). ${differences[0]}.`,
  )
})
