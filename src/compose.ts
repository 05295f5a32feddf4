import type { FastifyInstance } from 'fastify'
import { serveHealth } from './compose/health.ts'
import { makeParts } from './compose/parts.ts'
import { presetCounters } from './compose/preset.ts'
import { serve } from './compose/serve.ts'
import type { Reloaded } from './compose/settings.ts'
import { work } from './compose/work.ts'
import type { Config } from './config/schema.ts'
import { listenOn } from './http/listen.ts'
import type { Logger } from './platform/log.ts'
import type { Tracing } from './platform/tracing.ts'
import type { QueueName } from './queue/jobs.ts'

/** What this process does: answer HTTP, work off queues, or both. Workers without HTTP serve only their health, if a port is set. */
export interface Duties {
  http: boolean
  queues: readonly QueueName[]
}

export interface Tallyman {
  /** The server; absent if there is nothing to serve. */
  app?: FastifyInstance
  /** Binds the configured port, if there is something to serve. @throws an error that names the key if that is not possible */
  listen(): Promise<void>
  /** Starts the workers. They run until `close`. */
  work(): Promise<void>
  /** Puts the parts of a configuration in force that need no restart. @throws an error that says why nothing was changed. `failures` say what could not be done after that */
  reload(next: Config): Promise<Reloaded & { failures: string[] }>
  /** Stops in order: takes no new requests, finishes the jobs in hand, then closes connections. */
  close(): Promise<void>
}

/** Builds the service from its configuration. Only this file and `compose/` construct parts and connect them. */
export async function compose(
  config: Config,
  duties: Duties,
  log: Logger,
  tracing?: Tracing,
): Promise<Tallyman> {
  const closers: (() => Promise<unknown>)[] = []
  let app: FastifyInstance | undefined
  const close = async () => {
    for (const closer of [() => app?.close(), ...closers.splice(0)])
      await Promise.try(closer).catch((error) => log.warn({ err: error }, 'closing'))
  }
  try {
    const parts = await makeParts(config, log, (closer) => closers.unshift(closer), tracing)
    presetCounters(parts, duties)
    parts.onReload(async () => presetCounters(parts, duties))
    const section = duties.http ? 'server' : 'workers'
    const { host, port } = config[section]
    if (port !== undefined) app = await (duties.http ? serve : serveHealth)(parts)
    return {
      ...(app !== undefined && { app }),
      listen: async () => app && listenOn(app, { host, port: port ?? 0, key: `${section}.port` }),
      work: async () => void (duties.queues.length > 0 && (await work(parts, duties.queues))),
      reload: parts.reload,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
