import { type Attributes, SpanKind } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-node'

/** The path of a request to a registry. */
export const REGISTRY_PATH = 'tallyman.registry.path'

/**
 * The attributes that leave the process. All others stay: URLs may hold credentials, signatures or the secret of a webhook, and
 * jobs and results are whatever somebody sent.
 */
const SENT = new Set([
  ...['http.request.method', 'http.route', 'http.response.status_code', 'error.type', REGISTRY_PATH],
  ...['url.scheme', 'server.address', 'server.port', 'network.peer.address', 'network.peer.port'],
  ...['bullmq.queue.name', 'bullmq.queue.operation', 'bullmq.job.name', 'bullmq.job.id'],
  ...['bullmq.job.attempts.made', 'exception.type', 'exception.message'],
])

/** Sends spans with these attributes only, and none that BullMQ makes while nothing happens. */
export const withoutSecrets = (exporter: SpanExporter): SpanExporter => ({
  export: (spans, done) => exporter.export(spans.filter(isOfWork).map(cleaned), done),
  shutdown: () => exporter.shutdown(),
  forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
})

/** A worker that asks for jobs makes traces of a single span. */
const isOfWork = ({ kind, parentSpanContext }: ReadableSpan): boolean =>
  kind !== SpanKind.INTERNAL || parentSpanContext !== undefined

function cleaned(span: ReadableSpan): ReadableSpan {
  const events = span.events.map((event) => ({ ...event, attributes: sentOf(event.attributes ?? {}) }))
  // The prototype has the rest, and what computes it.
  return Object.create(span, {
    attributes: { value: sentOf(span.attributes), enumerable: true },
    events: { value: events, enumerable: true },
  })
}

const sentOf = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => SENT.has(name)))
