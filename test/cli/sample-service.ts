import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { startTallyman } from '../../lab/tallyman.ts'
import { CollectionRun } from '../../src/collection/collection-run.ts'
import { RunSummary } from '../../src/expiry/decision.ts'
import { Repaired, RepairResult } from '../../src/integrity/repair-result.ts'
import { ScrubResult } from '../../src/integrity/scrub-status.ts'
import { ReconcileReport } from '../../src/reconcile/report.ts'
import { ReplayResult } from '../../src/replay/replay-record.ts'
import { RestoreResult, WriteResult } from '../../src/snapshot/snapshot-result.ts'
import { StorageReport } from '../../src/space/report.ts'
import { type Schema, sampleOf } from './sample-of.ts'

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>
  parameters?: { name: string; in: string }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
}
export type Api = Record<string, Operation>

/** The operations of the OpenAPI document of a real service, by `GET /v1/projects/{id}`. */
export async function readApi(): Promise<Api> {
  const service = await startTallyman()
  const { paths } = (await service.app.inject('/openapi.json')).json()
  await service.close()
  return Object.fromEntries(
    Object.entries<Record<string, Operation>>(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation]),
    ),
  )
}

/** What a job gives, by its queue: the document has any value there. */
const RESULTS: Record<string, () => unknown> = {
  reconcile: () => ({ ...Object(sampleOf(ReconcileReport)), hold: null, failed: 0, unreadable: 0 }),
  storage: () => sampleOf(StorageReport),
  journal: () => sampleOf(ReplayResult),
  integrity: () => ({
    ...{ ...Object(sampleOf(ScrubResult)), ...Object(sampleOf(RepairResult)) },
    ...{ isWhole: true, contents: [{ ...Object(sampleOf(Repaired)), outcome: 'repaired' }] },
  }),
  expiry: () => ({ ...Object(sampleOf(RunSummary)), state: 'done', stopped: undefined }),
  collections: () => ({ ...Object(sampleOf(CollectionRun)), outcome: 'planned' }),
  snapshot: () => ({ ...Object(sampleOf(WriteResult)), ...Object(sampleOf(RestoreResult)) }),
  promotion: () => ({ state: 'promoted', receipt: 'x' }),
  alerts: () => null,
}

/** The queue of the jobs that a route asks for. */
const QUEUES: [RegExp, string][] = [
  [/reconcile$/, 'reconcile'],
  [/storage$/, 'storage'],
  [/scrub$|repair$/, 'integrity'],
  [/collections$/, 'collections'],
  [/replays$/, 'journal'],
  [/snapshots/, 'snapshot'],
  [/promotions/, 'promotion'],
  [/alerts/, 'alerts'],
  [/events/, 'outgoing'],
]

/** A service that gives an answer made from the schema of each route, or one of `answers`, and notes what it was asked. */
export async function startSampleService(api: Api, answers: Record<string, unknown> = {}) {
  const asked: string[] = []
  const routes = Object.keys(api)
    .map((route) => ({ route, pattern: new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`) }))
    .toSorted((a, b) => a.route.split('{').length - b.route.split('{').length)

  function answer(route: string, path: string, accept: string) {
    const [status, response] = Object.entries(api[route]?.responses ?? {}).find(([code]) => code < '3') ?? []
    const type = response?.content?.[accept] === undefined ? 'application/json' : accept
    const { schema } = response?.content?.[type] ?? {}
    if (schema === undefined) return { status, type, body: '' }
    if (type !== 'application/json') {
      const lines = (schema.anyOf ?? [schema]).map(sampleOf).filter((line) => !('error' in Object(line)))
      return { status, type, body: lines.map((line) => `${JSON.stringify(line)}\n`).join('') }
    }
    if (route in answers) return { status, type, body: JSON.stringify(answers[route]) }
    const value = Object(sampleOf(schema))
    if ('next' in value) value.next = null
    if ('job' in value && typeof value.job === 'object')
      value.job.queue = QUEUES.find(([pattern]) => pattern.test(route.split(' ')[1] ?? ''))?.[1]
    if (route === 'GET /v1/jobs/{queue}/{id}')
      Object.assign(value, { state: 'completed', result: RESULTS[path.split('/')[3] ?? '']?.() })
    return { status, type, body: JSON.stringify(value) }
  }

  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    const route = routes.find(({ pattern }) => pattern.test(`${request.method} ${path}`))?.route
    asked.push(route ?? `${request.method} ${request.url}`)
    if (route === undefined) return void response.writeHead(404).end('{"detail":"no route"}')
    const { status, type, body } = answer(route, path, request.headers.accept ?? '')
    response.writeHead(Number(status), { 'content-type': type }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** What was asked since this was called before. */
    takeAsked: () => asked.splice(0),
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
