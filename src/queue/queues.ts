import { type DefaultJobOptions, Queue, type Telemetry } from 'bullmq'
import type { Cluster, Redis } from 'ioredis'
import { type Jobs, QUEUE_NAMES, type QueueName } from './jobs.ts'

export type Queues = { readonly [Name in QueueName]: Queue<Jobs[Name], unknown, string> }

const DAY_S = 86_400
const MAX_DELAY = 300_000

/**
 * The number of attempts, and the delay in ms before the second. The delay doubles each time, up to five minutes. Events
 * were acknowledged and get a week. A chat, or another receiver, gets about a day, a registry half a day.
 */
const RETRIES: Record<QueueName, { attempts: number; delay: number }> = {
  events: { attempts: 2_000, delay: 500 },
  quota: { attempts: 300, delay: 1_000 },
  alerts: { attempts: 300, delay: 5_000 },
  promotion: { attempts: 150, delay: 15_000 },
  expiry: { attempts: 3, delay: 60_000 },
  snapshot: { attempts: 3, delay: 60_000 },
  history: { attempts: 10, delay: 10_000 },
  outgoing: { attempts: 300, delay: 5_000 },
  reconcile: { attempts: 10, delay: 60_000 },
  storage: { attempts: 3, delay: 60_000 },
  integrity: { attempts: 3, delay: 60_000 },
  collections: { attempts: 20, delay: 5_000 },
  journal: { attempts: 3, delay: 10_000 },
  resolve: { attempts: 150, delay: 5_000 },
  deliveries: { attempts: 2, delay: 5_000 },
}

/** The delay before the next attempt, in ms. `random` (0 to 1) shortens it by up to half. */
export function retryDelay(name: QueueName, attemptsMade: number, random: number): number {
  const delay = Math.min(RETRIES[name].delay * 2 ** (attemptsMade - 1), MAX_DELAY)
  return Math.round(delay * (1 - random / 2))
}

/** Queues whose done jobs stay for a day. The id of an alert or of a change must not be used twice; people follow jobs of the others. */
const KEPT: readonly QueueName[] = [
  'alerts',
  'outgoing',
  'promotion',
  'expiry',
  'snapshot',
  'reconcile',
  'storage',
  'integrity',
  'collections',
  'journal',
]

/** BullMQ's options for a queue's jobs. Failed jobs stay for people to look at and retry. Those of `events` all stay: they hold acknowledged events. */
export function jobOptions(name: QueueName): DefaultJobOptions {
  return {
    attempts: RETRIES[name].attempts,
    backoff: { type: 'capped' },
    removeOnComplete: KEPT.includes(name) ? { age: DAY_S, count: 10_000 } : true,
    removeOnFail: name === 'events' ? false : { count: 10_000 },
  }
}

/** The prefix of all of a site's queues for BullMQ. The braces are a hash tag: a Redis Cluster keeps all queues in one slot. */
export const queuePrefix = (prefix: string): string => `{${prefix}}`

/** Opens the queues on one connection. The caller closes the connection and handles its errors. `telemetry`: who traces jobs. */
export function makeQueues(connection: Redis | Cluster, prefix: string, telemetry?: Telemetry): Queues {
  const open = <Name extends QueueName>(name: Name) => {
    const queue = new Queue<Jobs[Name], unknown, string>(name, {
      connection,
      prefix: queuePrefix(prefix),
      defaultJobOptions: jobOptions(name),
      skipVersionCheck: true,
      ...(telemetry && { telemetry }),
    })
    // BullMQ repeats the connection's errors here and prints them if nobody listens.
    queue.on('error', () => {})
    return queue
  }
  return {
    events: open('events'),
    quota: open('quota'),
    alerts: open('alerts'),
    promotion: open('promotion'),
    expiry: open('expiry'),
    snapshot: open('snapshot'),
    history: open('history'),
    outgoing: open('outgoing'),
    reconcile: open('reconcile'),
    storage: open('storage'),
    integrity: open('integrity'),
    collections: open('collections'),
    journal: open('journal'),
    resolve: open('resolve'),
    deliveries: open('deliveries'),
  }
}

export async function closeQueues(queues: Queues): Promise<void> {
  await Promise.all(QUEUE_NAMES.map((name) => queues[name].close()))
}
