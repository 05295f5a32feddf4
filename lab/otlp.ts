import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface LabSpan {
  trace: string
  id: string
  /** Undefined for the first one of a trace. */
  parent: string | undefined
  name: string
  /** OTLP's number: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number
  attributes: Record<string, string>
  /** `service.name`, `service.instance.id` and what else the process says of itself. */
  process: Record<string, string>
}

/** An attribute in OTLP's JSON: its value has one key, such as `stringValue`. */
interface Attribute {
  key: string
  value: Record<string, unknown>
}
interface Traces {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: {
      spans: {
        traceId: string
        spanId: string
        parentSpanId?: string
        name: string
        kind: number
        attributes: Attribute[]
      }[]
    }[]
  }[]
}

const recordOf = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]))

/**
 * A receiver of traces: OTLP over HTTP in JSON (opentelemetry.io/docs/specs/otlp, OTLP/HTTP). Each POST to /v1/traces has an
 * `ExportTraceServiceRequest`, whose ids are hexadecimal in this encoding; the answer is an empty object.
 */
export async function startOtlpReceiver() {
  const spans: LabSpan[] = []
  const bodies: string[] = []
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const isTraces = request.method === 'POST' && request.url === '/v1/traces'
    if (!isTraces || request.headers['content-type'] !== 'application/json') {
      response.writeHead(isTraces ? 415 : 404).end()
      return
    }
    bodies.push(body)
    const { resourceSpans }: Traces = JSON.parse(body)
    for (const { resource, scopeSpans } of resourceSpans)
      for (const span of scopeSpans.flatMap((scope) => scope.spans))
        spans.push({
          ...{ trace: span.traceId, id: span.spanId, parent: span.parentSpanId },
          ...{ name: span.name, kind: span.kind, attributes: recordOf(span.attributes) },
          process: recordOf(resource.attributes),
        })
    response.setHeader('content-type', 'application/json').end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    /** All that was received, as it came. */
    bodies,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
