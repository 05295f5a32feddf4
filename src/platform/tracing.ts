import type { Telemetry } from 'bullmq'
import type { FastifyPluginCallback } from 'fastify'
import type { Logger } from './log.ts'

/** OpenTelemetry, as the parts of the service take it. */
export interface Tracing {
  /** For queues and workers: a job carries the trace of whoever added it. */
  telemetry: Telemetry
  /** Begins a span for each request. It must be registered before everything else. */
  plugin: FastifyPluginCallback
  /** Sends what was not sent yet. */
  stop(): Promise<void>
}

/**
 * Starts OpenTelemetry if its standard variables name an endpoint. Otherwise nothing of it is loaded: it takes some 0.2 s and
 * 10 MB of memory at each start (docs/metrics.md, Traces). `registries`: their URLs.
 * @throws an error that names a variable whose value cannot be used
 */
export async function startTracing(
  env: NodeJS.ProcessEnv,
  deps: { log: Pick<Logger, 'warn'>; registries: readonly string[] },
): Promise<Tracing | undefined> {
  if (!isWanted(env)) return undefined
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'])
    if (env[name] && !env[name].startsWith('http/'))
      throw new Error(
        `${name}: expected http/json, at the port for OTLP over HTTP (usually 4318), got "${env[name]}"`,
      )
  const { makeTracing } = await import('./tracing/make-tracing.ts')
  return makeTracing(deps)
}

function isWanted(env: NodeJS.ProcessEnv): boolean {
  const endpoint = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT
  return (
    Boolean(endpoint) &&
    env.OTEL_SDK_DISABLED?.toLowerCase() !== 'true' &&
    env.OTEL_TRACES_EXPORTER !== 'none'
  )
}
