import { FastifyOtelInstrumentation } from '@fastify/otel'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector,
} from '@opentelemetry/resources'
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node'
import { BullMQOtel } from 'bullmq-otel'
import type { Logger } from '../log.ts'
import type { Tracing } from '../tracing.ts'
import { VERSION } from '../version.ts'
import { REGISTRY_PATH, withoutSecrets } from './without-secrets.ts'

/** How often problems are logged, in ms: an endpoint that is away fails each few seconds. */
const LOG_MS = 60_000

/** What orchestrators and Prometheus ask all the time. */
const UNTRACED = ['/livez', '/readyz', '/metrics']

/** Spans of requests, jobs and requests to others, sent as OTLP over HTTP in JSON. The SDK reads its standard variables. */
export function makeTracing({
  log,
  registries,
}: {
  log: Pick<Logger, 'warn'>
  registries: readonly string[]
}): Tracing {
  diag.setLogger(diagLogger(log), DiagLogLevel.WARN)
  const provider = new NodeTracerProvider({
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'tallyman', 'service.version': VERSION }))
      .merge(detectResources({ detectors: [serviceInstanceIdDetector, envDetector] })),
    spanProcessors: [new BatchSpanProcessor(withoutSecrets(new OTLPTraceExporter()))],
  })
  provider.register()
  const requests = new UndiciInstrumentation({
    requireParentforSpans: true,
    startSpanHook: ({ origin, path }) => pathAtRegistry(registries, `${origin}${path}`),
  })
  const server = new FastifyOtelInstrumentation({
    instrumentHooks: false,
    ignorePaths: ({ url }) => UNTRACED.includes(url),
    requestHook: (span, { method, routeOptions }) =>
      span.updateName(`${method} ${routeOptions.url ?? 'unknown route'}`),
  })
  return {
    telemetry: new BullMQOtel({ tracerName: 'tallyman', version: VERSION }),
    plugin: server.plugin(),
    async stop() {
      requests.disable()
      await provider.shutdown().catch((err) => log.warn({ err }, 'the last traces could not be sent'))
    },
  }
}

/** The path of a request to the API of a registry, without its query. Others may have a secret in it, such as a webhook. */
function pathAtRegistry(registries: readonly string[], text: string) {
  const url = URL.parse(text)
  if (url === null || !url.pathname.includes('/v2/')) return {}
  return registries.some((registry) => URL.parse(registry)?.origin === url.origin)
    ? { [REGISTRY_PATH]: url.pathname }
    : {}
}

/** Logs what OpenTelemetry has to say, at most once a minute: nobody could read it otherwise. */
function diagLogger(log: Pick<Logger, 'warn'>) {
  let loggedAt = Number.NEGATIVE_INFINITY
  const warn = (message: string) => {
    if (performance.now() - loggedAt < LOG_MS) return
    loggedAt = performance.now()
    log.warn(`traces: ${message}`)
  }
  const ignore = () => undefined
  return { error: warn, warn, info: ignore, debug: ignore, verbose: ignore }
}
