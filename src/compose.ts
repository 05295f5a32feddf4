import type { FastifyInstance } from 'fastify'
import { serveHealth } from './compose/health.ts'
import { makeParts } from './compose/parts.ts'
import { serve } from './compose/serve.ts'
import { work } from './compose/work.ts'
import type { Config } from './config/schema.ts'
import type { Logger } from './platform/log.ts'
import type { QueueName } from './queue/jobs.ts'

/** What this process does: answer HTTP, work off queues, or both. Workers without HTTP serve only their health, if a port is set. */
export interface Duties {
  http: boolean
  queues: readonly QueueName[]
}

export interface Tallyman {
  /** The server, which does not listen yet, and its address; absent if there is nothing to serve. */
  http?: { app: FastifyInstance; host: string; port: number }
  /** Stops in order: takes no new requests, finishes the jobs in hand, then closes connections. */
  close(): Promise<void>
}

/** Builds the service from its configuration. Only this file and `compose/` construct parts and connect them. */
export async function compose(config: Config, duties: Duties, log: Logger): Promise<Tallyman> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const closer of closers.splice(0))
      await closer().catch((error) => log.warn({ err: error }, 'closing'))
  }
  try {
    const parts = await makeParts(config, log, (closer) => closers.unshift(closer))
    if (duties.queues.length > 0) await work(parts, duties.queues)
    const { server, workers } = config
    const { host, port } = duties.http ? server : workers
    if (port === undefined) return { close }
    return { http: { app: await (duties.http ? serve : serveHealth)(parts), host, port }, close }
  } catch (error) {
    await close()
    throw error
  }
}
