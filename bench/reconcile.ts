import { setTimeout as sleep } from 'node:timers/promises'
import { makeLog } from '../src/platform/log.ts'
import { connectPatiently } from '../src/platform/redis.ts'
import { closeQueues, makeQueues } from '../src/queue/queues.ts'
import { projectSubject } from '../src/queue/quota-subject.ts'
import { recheck } from '../src/quota/recheck.ts'
import { makeLedger } from '../src/reconcile/ledger.ts'
import { makeReconcile } from '../src/reconcile/reconcile.ts'
import { makeRunNotes } from '../src/reconcile/run-notes.ts'
import { makeStorageReader } from '../src/reconcile/storage-reader.ts'
import { makeFolderView } from '../src/store/folder-view.ts'
import { makeProjectOf } from '../src/usage/project.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { startBenchRedis } from './bench-redis.ts'
import { median } from './median.ts'
import { readRegistryFolder } from './read-registry-folder.ts'
import { makeRegistryFolder } from './registry-folder.ts'

/** Measured runs of each, in turn. One run of each before these fills the file system's caches. */
const RUNS = 3
const PREFIX = 'tallyman'
const REGISTRY = 'ci'
/** The highest ratio of a rebuild's time to a bare read's. */
const BOUND = 3

/** The time of a full rebuild of the index from a registry's storage folder, beside a bare read of the same files. */
export async function reconcile({ small, say }: { small: boolean; say: (line: string) => void }) {
  const manifests = small ? 5_000 : 100_000
  const shape = { projects: small ? 25 : 500, repositories: 2, imagesPerBase: 20 }
  const began = performance.now()
  const folder = makeRegistryFolder(manifests, shape)
  try {
    say(`${folder.files} files in ${folder.root} after ${seconds(performance.now() - began)} s`)
    const server = await startBenchRedis()
    try {
      const [reads, rebuilds]: [number[], number[]] = [[], []]
      for (let run = 0; run <= RUNS; run++) {
        const read = await timed(() => readRegistryFolder(folder.root))
        const rebuilt = await rebuild({ url: server.url, root: folder.root, manifests })
        say(
          `${run === 0 ? 'warming' : `run ${run}`}: bare read ${seconds(read)} s, rebuild ${seconds(rebuilt)} s`,
        )
        if (run === 0) continue
        reads.push(read)
        rebuilds.push(rebuilt)
      }
      const [read, rebuilt] = [median(reads), median(rebuilds)]
      if (rebuilt / read > BOUND) process.exitCode = 1
      return {
        manifests,
        rebuild_s: Number(seconds(rebuilt)),
        bare_read_s: Number(seconds(read)),
        ratio: Number((rebuilt / read).toFixed(2)),
      }
    } finally {
      await server.close()
    }
  } finally {
    folder.remove()
  }
}

/** The ms of a reconcile into an empty Redis, as the worker runs it. @throws if it did not find everything */
async function rebuild({ url, root, manifests }: { url: string; root: string; manifests: number }) {
  const redis = await connectPatiently({ url })
  const [queues, log] = [makeQueues(redis, PREFIX), makeLog('silent')]
  try {
    await redis.flushall()
    const projectOf = makeProjectOf({ segments: 1 })
    const run = makeReconcile({
      readerOf: () => makeStorageReader({ store: makeFolderView({ path: root }), place: root }),
      index: makeUsageIndex({ redis, prefix: PREFIX }),
      projectOf: (_, repository) => projectOf(repository),
      ledger: makeLedger({ redis, prefix: PREFIX }),
      notes: makeRunNotes({ redis, prefix: PREFIX }),
      firstReading: { at: async () => undefined, note: async () => {} },
      announce: async () => {},
      broken: {
        begin: async () => ({ repositories: () => [], known: () => [], look: async () => {} }),
        tell: async () => {},
      },
      recheckQuotas: (projects) => recheck(queues, [...projects].map(projectSubject)),
      forgetFlags: async () => {},
      // Nothing changes in the folder, so there is no clock to ask and nothing to wait for.
      clockOf: async () => undefined,
      ...{ settleMs: 0, now: () => Date.now() * 1000, sleep, log },
    })
    const control = { id: 'bench', onProgress: async () => {}, isStopping: () => false }
    return await timed(async () => {
      const { drift, failed, unreadable } = await run(
        { registry: REGISTRY, dryRun: false, acceptLoss: false, origin: 'person', reason: 'bench' },
        control,
      )
      const { manifestsMissed, tagsMissed } = drift
      if (manifestsMissed !== manifests || tagsMissed !== manifests || failed + unreadable > 0)
        throw new Error(
          `the rebuild did not find everything: ${JSON.stringify({ drift, failed, unreadable })}`,
        )
    })
  } finally {
    await closeQueues(queues)
    redis.disconnect()
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now()
  await work()
  return performance.now() - began
}

const seconds = (ms: number): string => (ms / 1000).toFixed(2)
