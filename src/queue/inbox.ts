import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import type { Delivery, Jobs, QueueName } from './jobs.ts'
import { jobOptions, type Queues, queuePrefix } from './queues.ts'

export interface Inbox {
  /** Resolves once Redis has the events, which soon become a job. @throws whatever Redis throws */
  put(deliveries: readonly Delivery[]): Promise<void>
  /** Makes jobs of all that is in it. */
  empty(): Promise<void>
  close(): void
}

/** The data of a job that finds its deliveries in its log. */
const IN_LOG = JSON.stringify({ isFromInbox: true } satisfies Jobs['events'])

/** How long what is put waits for more to become a job with, in ms. */
const GATHER_MS = 25

/** One job holds what requests of at most so many events and bytes bring; a larger request is a job by itself. */
export const JOB = { events: 500, bytes: 2 * 2 ** 20 }

/**
 * The way of events into their queue: a list in Redis, of which jobs are made some moments later. To put a lone event there
 * takes 50 µs less than to add a job, and a registry has every event acknowledged before it sends the next; and such a registry's
 * events share jobs, where one job each took the worker several times as long (docs/performance.md). Whoever put something
 * makes jobs of it; workers do it for a process that died before.
 */
export function makeInbox({ redis, prefix }: { redis: Redis | Cluster; prefix: string }): Inbox {
  const script = loadScript(redis, new URL('scripts/empty-inbox.lua', import.meta.url))
  const start = `${queuePrefix(prefix)}:events:`
  const keys = ['inbox', 'id', 'meta', 'wait', 'marker'].map((part) => start + part)
  const [inbox = ''] = keys
  const opts = JSON.stringify(jobOptions('events'))
  let timer: NodeJS.Timeout | undefined
  let emptying: Promise<void> | undefined

  async function makeJobs(): Promise<void> {
    for (let left = 1; left > 0; )
      left = Number(await script(keys, [start, IN_LOG, opts, Date.now(), JOB.events, JOB.bytes]))
  }

  /** At most one at a time: without Redis they would pile up. */
  function empty(): Promise<void> {
    emptying ??= makeJobs().finally(() => {
      emptying = undefined
    })
    return emptying
  }

  return {
    empty,

    async put(deliveries) {
      const events = deliveries.reduce((sum, { events }) => sum + events.length, 0)
      const text = deliveries.map((delivery) => JSON.stringify(delivery)).join(',')
      const kept = redis.rpush(inbox, `${events} ${Buffer.byteLength(text)}`, text)
      timer ??= setTimeout(() => {
        timer = undefined
        // What is left there is seen to with what is put next, or by a worker.
        empty().catch(() => undefined)
      }, GATHER_MS)
      await kept
    },

    close: () => clearTimeout(timer),
  }
}

/** What a job of the `events` queue is to work off: in its data, or, made of the inbox, its log. */
export async function deliveriesOf(
  queue: Queues['events'],
  { id = '', data }: { id?: string | undefined; data: Jobs['events'] },
): Promise<Delivery[]> {
  if ('deliveries' in data) return data.deliveries
  const { logs } = await queue.getJobLogs(id)
  return JSON.parse(`[${logs.filter((_, n) => n % 2 === 1).join(',')}]`)
}

/** What any queue's job is to do, its deliveries with it wherever they are. */
export async function dataOf(
  queues: Queues,
  { id, data }: { id?: string | undefined; data: Jobs[QueueName] },
): Promise<Exclude<Jobs[QueueName], { isFromInbox: true }>> {
  return 'isFromInbox' in data ? { deliveries: await deliveriesOf(queues.events, { id, data }) } : data
}
