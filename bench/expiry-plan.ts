import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Decision } from '../src/expiry/decision.ts'
import { withBytes } from '../src/expiry/plan-bytes.ts'
import { makePlanner } from '../src/expiry/planner.ts'
import type { SharedHoldings } from '../src/usage/read-reclaim.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { POLICY, REGISTRY } from './expiry-policy.ts'
import { NOW } from './expiry-site.ts'
import { median } from './median.ts'
import { peakMemoryKb } from './peak-memory.ts'

/** Plans of the large repository; the median counts. */
const RUNS = 5

/**
 * `node expiry-plan.ts PORT LARGE`: plans all projects of the site in the Redis at this port, as a process of its own: so its
 * memory is that of a plan. LARGE is the project with the one large repository. The last line of its output is the result.
 */
const [port = '', large = ''] = process.argv.slice(2)
const redis = new Redis(Number(port), { replyMapping: 'legacy' })
const index = makeUsageIndex({ redis, prefix: 'tallyman' })

let loadMs = 0
const timedIndex = {
  ...index,
  async images(project: string, repository: string) {
    const began = performance.now()
    try {
      return await index.images(project, repository)
    } finally {
      loadMs += performance.now() - began
    }
  },
}
const planner = makePlanner({
  index: timedIndex,
  findProtections: async () => () => undefined,
  protectsLabels: () => false,
  findNotUnderstood: async () => new Map(),
  useOf: async () => ({ isComplete: true, since: 0 }),
  quotaOf: async () => undefined,
  details: {
    of: async () => new Map(),
    known: async () => new Map(),
    budget: () => ({ reads: 0, until: 0 }),
  },
  now: () => NOW,
})

async function planLarge() {
  const began = performance.now()
  const loadBefore = loadMs
  for await (const _ of planner.planProject(POLICY, large));
  const all = performance.now() - began
  return { all, decide: all - (loadMs - loadBefore) }
}

const projects = (await index.projects(REGISTRY)).filter((project) => project !== large)
const counts = { images: 0, tags: 0, deletes: 0 }
const shared: SharedHoldings = new Map()
let [planMs, bytesMs, reclaimableBytes] = [0, 0, 0]
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()
for (const project of projects) {
  const plan: Decision[][] = []
  const [began, loadBefore] = [performance.now(), loadMs]
  for await (const decisions of planner.planProject(POLICY, project)) plan.push(decisions)
  const planned = performance.now()
  planMs += planned - began - (loadMs - loadBefore)
  const reclaim = index.reclaim(project, shared)
  for (const decisions of plan)
    for (const { tags, verdict, reclaimableBytes: bytes = 0 } of await withBytes(decisions, reclaim)) {
      counts.images += 1
      counts.tags += tags.length
      if (verdict === 'delete') counts.deletes += 1
      reclaimableBytes += bytes
    }
  bytesMs += performance.now() - planned
}
// The longest block is noted once the loop turns again.
await sleep(50)
delay.disable()
const peak = peakMemoryKb() / 1024
const loadS = loadMs / 1000

const plans: Awaited<ReturnType<typeof planLarge>>[] = []
for (let run = 0; run < RUNS; run++) plans.push(await planLarge())
redis.disconnect()
process.stdout.write(
  `${JSON.stringify({
    ...counts,
    reclaimable_gb: Math.round(reclaimableBytes / 1e9),
    plan_s: Number((planMs / 1000).toFixed(2)),
    load_s: Number(loadS.toFixed(2)),
    bytes_s: Number((bytesMs / 1000).toFixed(2)),
    peak_rss_mb: Math.round(peak),
    loop_ms: Math.round(delay.max / 1e6),
    repository_ms: Math.round(median(plans.map(({ all }) => all))),
    repository_plan_ms: Math.round(median(plans.map(({ decide }) => decide))),
  })}\n`,
)
