import { pino } from 'pino'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { eventually } from '../../lab/tallyman.ts'
import { useRedis } from '../../lab/use-redis.ts'
import type { RepairResult } from '../../src/integrity/repair-result.ts'
import { makeMetrics } from '../../src/platform/metrics.ts'
import { connectPatiently } from '../../src/platform/redis.ts'
import { closeWorkers } from '../../src/queue/close-workers.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { integrityWorker } from '../../workers/integrity.ts'

const bed = useRedis()
let queues: Queues
beforeEach(() => {
  queues = makeQueues(bed.redis, 't')
})
afterEach(() => closeQueues(queues))

const digest = `sha256:${'a'.repeat(64)}`
const result = (isWhole: boolean): RepairResult => ({ image: 'x', dryRun: false, isWhole, contents: [] })

/** Asks for a repair while a collection holds the registry as `held` says, look by look; not held after that. */
async function repairing({
  held,
  whole,
  dryRun = false,
}: {
  held: boolean[]
  whole: boolean[]
  dryRun?: boolean
}) {
  const connection = await connectPatiently({ url: bed.server.url })
  const [told, looks] = [[] as boolean[], [] as boolean[]]
  let repairs = 0
  const worker = integrityWorker(
    {
      ...{ connection, prefix: 't', log: pino({ level: 'silent' }) },
      ...{ outage: { takes: () => false }, metrics: makeMetrics() },
    },
    {
      async repair() {
        repairs += 1
        return result(whole.shift() ?? true)
      },
      scrub: async () => {
        throw new Error('nobody asks for it')
      },
      isTurn: async () => true,
      async isHeld() {
        const isHeld = held.shift() ?? false
        looks.push(isHeld)
        return isHeld
      },
      onRepaired: async (_, { isWhole }) => told.push(isWhole),
    },
    0,
  )
  onTestFinished(async () => {
    await closeWorkers([worker], connection)
    connection.disconnect()
  })
  const job = await queues.integrity.add('repair', {
    ...{ kind: 'repair', registry: 'ci', project: 'ci/a', repository: 'a', digest, dryRun, by: 'x' },
  })
  /** What waits may go on now. */
  const goOn = async () => {
    const [waiting] = await eventually(
      () => queues.integrity.getDelayed(),
      ({ length }) => length === 1,
    )
    await waiting?.promote()
  }
  const end = async () => {
    const state = await eventually(
      () => queues.integrity.getJobState(job.id ?? ''),
      (one) => one === 'completed' || one === 'failed',
    )
    return { state, repairs, told }
  }
  return { goOn, end }
}

test('a repair waits while its registry is read-only', async () => {
  const { goOn, end } = await repairing({ held: [true, true], whole: [true] })
  await goOn()
  await goOn()
  expect(await end()).toEqual({ state: 'completed', repairs: 1, told: [true] })
})

test('what a registry refuses that has become read-only is tried again, and told once', async () => {
  const { goOn, end } = await repairing({ held: [false, true], whole: [false, true] })
  await goOn()
  expect(await end()).toEqual({ state: 'completed', repairs: 2, told: [true] })
})

test('a repair that fails at a registry that nothing holds has failed; a dry run waits for nothing', async () => {
  expect(await (await repairing({ held: [], whole: [false] })).end()).toMatchObject({ told: [false] })
  const dry = await repairing({ held: [true, true], whole: [false], dryRun: true })
  expect(await dry.end()).toMatchObject({ repairs: 1 })
})
