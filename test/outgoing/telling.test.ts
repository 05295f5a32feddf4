import { expect, test } from 'vitest'
import { sampleReceipt } from '../../lab/receipt.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { Deleted } from '../../src/expiry/decision.ts'
import type { ExpiryRuns } from '../../src/expiry/runs.ts'
import { changeOfAlert, driftedChange } from '../../src/outgoing/changes.ts'
import { makeTell } from '../../src/outgoing/tell.ts'
import { makeTelling } from '../../src/outgoing/telling.ts'
import type { Receipts } from '../../src/promotion/receipts.ts'
import type { Change } from '../../src/queue/change.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { sampleAlert } from '../alerts/sample-alert.ts'
import { sampleRun } from '../expiry/sample-run.ts'
import { REPORT } from '../reconcile/sample-report.ts'

const server = useRedis()
const projectOf = (_: string, repository: string) => repository
const now = () => Date.parse('2026-11-27T06:00:00.000Z')
const DIGEST = `sha256:${'a'.repeat(64)}`

const deleted = (more: Partial<Deleted> = {}): Deleted => ({
  ...{ project: 'ci/team/app', repository: 'team/app', digest: DIGEST, tags: ['v1'], verdict: 'delete' },
  ...{ rule: 'old', reason: 'not used for 90 days', outcome: 'deleted', bytes: 7 },
  ...more,
})

/** What is told, and records that fail to be written the first time. */
function bed() {
  const told: Change[] = []
  let failures = 1
  const append = async () => {
    if (failures-- > 0) throw new Error('the store is away')
  }
  const telling = makeTelling({ tell: async (changes) => void told.push(...changes), projectOf, now })
  return {
    told,
    runs: telling.runs({ append } as unknown as ExpiryRuns),
    receipts: telling.receipts({ append } as unknown as Receipts),
  }
}

test('a change is told before it is recorded, and with the same id when that is repeated', async () => {
  const { told, receipts, runs } = bed()
  const receipt = sampleReceipt({ id: 'p1', at: '2026-11-27T06:00:00.000Z' })
  await expect(receipts.append(receipt)).rejects.toThrow('the store is away')
  expect(told).toMatchObject([
    { type: 'image.promoted', subject: 'production/app:v1', scope: 'ci/app', data: { promotion: 'p1' } },
  ])
  await receipts.append(receipt)
  expect(told[1]).toEqual(told[0])
  await runs.append(sampleRun({ deletes: [deleted()] }))
  expect(told[2]).toMatchObject({ type: 'image.expired', scope: 'ci/team/app', data: { bytes: 7 } })
})

test('of a run only what is new is told, and only what was deleted', async () => {
  const { told, runs } = bed()
  const deletes = [
    deleted(),
    deleted({ outcome: 'untagged', untag: ['v2'] }),
    ...(['planned', 'absent', 'moved', 'refused', 'failed'] as const).map((outcome) => deleted({ outcome })),
  ]
  await runs.append(sampleRun({ deletes: deletes.slice(0, 1) })).catch(() => {})
  await runs.append(sampleRun({ deletes }), 1)
  expect(told.map(({ type }) => type)).toEqual(['image.expired', 'tag.expired'])
  expect(new Set(told.map(({ id }) => id)).size).toBe(2)
  await runs.append(sampleRun({ dryRun: true, deletes }))
  expect(told).toHaveLength(2)
})

test('a rollback is a change of its own', async () => {
  const { told, receipts } = bed()
  const receipt = sampleReceipt({ id: 'p1', at: '2026-11-27T06:00:00.000Z', kind: 'rollback' })
  await receipts.append(receipt).catch(() => {})
  expect(told).toMatchObject([{ type: 'image.rolledBack' }])
})

test('a reconcile that found no difference, or mended nothing, is no change', () => {
  const drift = { ...NO_DRIFT, tagsMissed: 2 }
  expect(driftedChange({ ...REPORT, drift }, 'r1')).toMatchObject({
    ...{ type: 'registry.drifted', subject: REPORT.registry, data: { drift: { tagsMissed: 2 } } },
  })
  expect(driftedChange({ ...REPORT, drift: NO_DRIFT }, 'r1')).toBeUndefined()
  expect(driftedChange({ ...REPORT, drift, dryRun: true }, 'r1')).toBeUndefined()
})

test('each receiver has a job for each change that it takes, once however often it is told', async () => {
  const queues = makeQueues(server.redis, 'tallyman')
  const receivers = [
    { name: 'all', takes: () => true },
    { name: 'others', takes: () => false },
  ]
  const tell = makeTell({ queues, receivers })
  const change = changeOfAlert(sampleAlert)
  expect(change).toMatchObject({ type: 'project.flag.changed', scope: 'ci/team-a/app', data: sampleAlert })
  await tell([change, change])
  await tell([change])
  await tell([])
  const jobs = await queues.outgoing.getJobs()
  expect(jobs.map(({ data }) => data)).toEqual([{ change, to: 'all' }])
  await closeQueues(queues)
})
