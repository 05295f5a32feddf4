import { Redis } from 'ioredis'
import { gateBarrier } from '../../src/barrier/barrier.ts'
import { collectBehindBarrier } from '../../src/barrier/collect.ts'
import { makeGate } from '../../src/barrier/gate.ts'
import type { Step } from '../../src/barrier/steps.ts'
import { makeBlobTrash, runAt } from '../../src/space/blob-trash.ts'
import { surveyStorage } from '../../src/space/survey-storage.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import { makeS3Storage } from '../../src/storage/s3-storage.ts'

/**
 * Collects in a process of its own, which kills itself in the middle of a step: `node collect-child.ts '{…}'`. Without `dieAt` it
 * prints what it collected.
 */
export interface ChildInput {
  redis: string
  storage: { folder: string } | { s3: Parameters<typeof makeS3Storage>[0] }
  settings: Parameters<typeof collectBehindBarrier>[0]['settings']
  dieAt?: Step
  /** How long after the step has begun, in ms. */
  after?: number
}

const input: ChildInput = JSON.parse(process.argv[2] ?? '')
const storage =
  'folder' in input.storage
    ? makeFolderStorage({ path: input.storage.folder })
    : makeS3Storage(input.storage.s3)
const redis = new Redis(input.redis)
const gate = makeGate({ redis, prefix: 'test' })
const collected = await collectBehindBarrier({
  ...{ storage, trash: makeBlobTrash(storage), settings: input.settings },
  ...{ now: Date.now, clock: () => performance.now() },
  run: runAt(Date.now(), String(process.pid)),
  barrier: gateBarrier(gate, 'lab', 60_000),
  survey: () => surveyStorage(storage, { projectOf: (name) => name }),
  named: async () => new Set<string>(),
  pushedTo: async () => [],
  stop: new AbortController().signal,
  requireGate: async () => {},
  async at(step) {
    if (step !== input.dieAt) return
    const die = () => process.kill(process.pid, 'SIGKILL')
    if (input.after === undefined) die()
    else setTimeout(die, input.after)
  },
})
redis.disconnect()
process.stdout.write(JSON.stringify(collected))
