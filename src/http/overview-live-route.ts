import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Access } from '../access/access.ts'
import type { Overview } from '../overview/overview.ts'
import { viewOf } from './overview-view.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

export interface Pace {
  /** How often it is looked for changes. */
  everyMs: number
  /** How often at least something is sent, so that proxies keep the connection, and readers see that it is alive. */
  beatMs: number
  /** How often it is looked whether who reads still may. */
  checkMs: number
  /** Streams at once. */
  most: number
}

const PACE: Pace = { everyMs: 2_000, beatMs: 15_000, checkMs: 15_000, most: 200 }

const Since = Type.Optional(
  Type.String({ maxLength: 100, description: 'The `version` of what is known. `Last-Event-ID` beats it.' }),
)

/**
 * The changes of the overview, as server-sent events. A reader gets what changed since what it read last, whenever it takes it: nothing
 * is kept for slow readers.
 */
export const overviewLiveRoute =
  (deps: { overview: Pick<Overview, 'since'>; roles: Roles; pace?: Pace }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const pace = deps.pace ?? PACE
    const stopping = new AbortController()
    app.addHook('preClose', async () => stopping.abort())
    let open = 0

    async function* events(
      from: string,
      accessNow: () => Promise<Access | undefined>,
    ): AsyncGenerator<string> {
      let version = from
      let [access, checkedAt] = [await accessNow(), Date.now()]
      let sentAt = Date.now()
      // The browser waits this long before it connects again.
      yield 'retry: 3000\n\n'
      while (access !== undefined && !stopping.signal.aborted) {
        const found = await deps.overview.since(version, access)
        if (found === 'unknown') {
          yield 'event: reset\ndata: {}\n\n'
          return
        }
        if (found !== 'unchanged') {
          version = found.version
          const data = JSON.stringify({ ...viewOf(found), gone: found.gone })
          yield `id: ${version}\nevent: change\ndata: ${data}\n\n`
          sentAt = Date.now()
        } else if (Date.now() - sentAt >= pace.beatMs) {
          yield 'event: beat\ndata: {}\n\n'
          sentAt = Date.now()
        }
        await sleep(pace.everyMs, undefined, { signal: stopping.signal }).catch(() => undefined)
        if (Date.now() - checkedAt >= pace.checkMs) {
          access = await accessNow()
          checkedAt = Date.now()
        }
      }
    }

    app.get('/v1/overview/live', {
      onRequest: deps.roles.within('read'),
      // Fastify answers HEAD by reading all of the answer, which has no end.
      exposeHeadRoute: false,
      schema: {
        tags: ['usage'],
        summary: 'What changes in the overview, as server-sent events',
        description:
          'Begins with what changed since `since`, the `version` of `GET /v1/overview`. An event `change` has the keys of that answer, with the rows that changed only, and `gone`: the ids of projects that are no more. If nothing changes, an event `beat` comes every 15 s. After an event `reset` the stream ends: read all again. It also ends when the service stops, and when the token or the session does. At most 200 streams are open at once.',
        querystring: Type.Object({ since: Since }),
        response: {
          200: {
            content: { 'text/event-stream': { schema: Type.Unsafe<Readable>(Type.String()) } },
            description: 'The events.',
          },
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async (request, reply) => {
        if (open >= pace.most) throw new HttpError(503, `${pace.most} streams are open already: try again`)
        const known = request.headers['last-event-id']
        const from = (Array.isArray(known) ? known[0] : known) ?? request.query.since ?? ''
        const accessNow = () => deps.roles.stillWithin('read', request)
        const stream = Readable.from(events(from, accessNow), { highWaterMark: 1 })
        open += 1
        stream.once('close', () => {
          open -= 1
        })
        return reply
          .type('text/event-stream; charset=utf-8')
          .header('cache-control', 'no-store')
          .header('x-accel-buffering', 'no')
          .send(stream)
      },
    })
  }
