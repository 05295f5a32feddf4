import { expect, test } from 'vitest'
import { checkIndex } from '../../src/doctor/check-service.ts'
import type { IndexStatus } from '../../src/reconcile/ledger.ts'
import type { ReconcileReport } from '../../src/reconcile/report.ts'

const exact = { since: 1_800_000_000_000_000, images: 0, repositories: 0 }
const restarted = { since: 1_800_000_001_000_000, reason: 'the registry was restarted', cause: 'a' }
const report = (facts: Partial<ReconcileReport> = {}) =>
  ({ registry: 'ci', readAt: 'today', method: 'api', hold: null, ...facts }) as ReconcileReport

type Status = Pick<IndexStatus, 'exact' | 'gaps' | 'lastReport' | 'broken'>
const findingsOf = (status: Status) => checkIndex('ci', async () => status as IndexStatus).run()
const findingOf = async (status: Status) => (await findingsOf(status))[0]

test('a restart of the registry is a warning, and a reconcile mends it', async () => {
  const finding = await findingOf({ exact, gaps: [restarted], lastReport: report() })
  expect(finding?.level).toBe('warning')
  expect(finding?.fix).toMatch(/^tallyman reconcile ci: /)
})

test('a reconcile that is held is an error, and somebody must look', async () => {
  const hold = { what: 'manifests', missing: 3, manifests: 4 } as const
  const finding = await findingOf({ exact, gaps: [], lastReport: report({ hold }) })
  expect(finding?.level).toBe('error')
  expect(finding?.fix).toContain('--dry-run')
})

test('an exact index is in order', async () => {
  expect(await findingOf({ exact, gaps: [], lastReport: report() })).toMatchObject({ level: 'ok' })
})

test('an exact index with broken images holds up no expiry, and a repair mends the images', async () => {
  const [index, images, ...others] = await findingsOf({ exact, gaps: [], lastReport: report(), broken: 2 })
  expect(index).toMatchObject({ level: 'ok', what: expect.stringMatching(/^exact since/) })
  expect(images).toMatchObject({
    ...{ check: 'images of ci', level: 'warning', what: 'images that are not whole: 2' },
    fix: expect.stringMatching(/^tallyman broken --registry ci .*tallyman repair IMAGE/),
  })
  expect(others).toEqual([])
})

test('broken images do not hide that events may be missing', async () => {
  const found = await findingsOf({ exact, gaps: [restarted], lastReport: report(), broken: 1 })
  expect(found.map(({ level }) => level)).toEqual(['warning', 'warning'])
  expect(found[0]?.fix).toMatch(/^tallyman reconcile ci: /)
})
