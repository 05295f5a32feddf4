import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type Static, type TSchema, Type } from 'typebox'
import { QUARANTINE_ID, type Quarantine, Quarantined, QuarantineFilter } from '../events/quarantine.ts'
import type { Replay } from '../events/replay.ts'
import { decodeCursor, encodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const answer = <S extends TSchema>(schema: S) => ({ 200: schema, ...errors })
const Id = Type.Object({ id: Type.String({ description: 'The id in quarantine.' }) })
const Replayed = Type.Object({ replayed: Type.Integer({ description: 'How many were replayed.' }) })
const Discarded = Type.Object({ discarded: Type.Integer({ description: 'How many were deleted.' }) })
const tags = ['quarantine']

/** All entries only if the body says so: an empty body is more likely a mistake. */
const Which = Type.Object(
  { ...QuarantineFilter.properties, all: Type.Optional(Type.Literal(true, { description: 'All entries.' })) },
  { additionalProperties: false },
)
const whichText = 'Entries of `registry`, entries with `reason` in their reason, or all with `"all": true`.'

/** Events that could not be understood: list them, replay them after a fix, or discard them. */
export const quarantineRoute =
  ({
    quarantine,
    replay,
    roles,
    inTurn,
  }: {
    quarantine: Quarantine
    replay: Replay
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const missing = (id: string) =>
      new HttpError(404, `no event "${id}" in quarantine: GET /v1/quarantine lists them`)

    app.get('/v1/quarantine', {
      onRequest: roles.read,
      schema: {
        tags,
        summary: 'Events that could not be understood, newest first',
        description:
          '`total` counts all events in quarantine. A page has fewer than `limit` if they are large, or if the filter passes few.',
        querystring: pageQuery(QuarantineFilter.properties),
        response: answer(
          pageOf({
            total: Type.Integer({ description: 'How many are in quarantine, whatever the filter.' }),
            events: Type.Array(Quarantined, { description: 'The entries of the page.' }),
          }),
        ),
      },
      handler: async ({ query: { limit, cursor, ...filter } }) => {
        const after = decodeCursor(Type.String({ pattern: QUARANTINE_ID.source }), cursor)
        const [total, { found, next }] = await Promise.all([
          quarantine.count(),
          inTurn(() => quarantine.page(limit, filter, after)),
        ])
        return { total, events: found, next: next === undefined ? null : encodeCursor(next) }
      },
    })

    app.get('/v1/quarantine/:id', {
      onRequest: roles.read,
      schema: { tags, summary: 'One event in quarantine', params: Id, response: answer(Quarantined) },
      handler: async ({ params: { id } }) => {
        const found = await quarantine.get(id)
        if (found === undefined) throw missing(id)
        return found
      },
    })

    app.post('/v1/quarantine/:id/replay', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Replay one event',
        description: 'As if received now. If it still cannot be understood, it comes back with a new id.',
        params: Id,
        response: { 202: Replayed, ...errors },
      },
      handler: async ({ params: { id } }, reply) => {
        if (!(await replay.one(id))) throw missing(id)
        return reply.code(202).send({ replayed: 1 })
      },
    })

    app.post('/v1/quarantine/replay', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Replay many events',
        description: `${whichText} As if received now. Events that still cannot be understood come back.`,
        body: Which,
        response: { 202: Replayed, ...errors },
      },
      handler: async ({ body }, reply) =>
        reply.code(202).send({ replayed: await replay.all(filterOf(body)) }),
    })

    app.delete('/v1/quarantine/:id', {
      onRequest: roles.admin,
      schema: { tags, summary: 'Discard one event', params: Id, response: answer(Discarded) },
      handler: async ({ params: { id }, log }) => {
        const discarded = await quarantine.remove([id])
        if (discarded === 0) throw missing(id)
        log.info({ id }, 'event in quarantine discarded')
        return { discarded }
      },
    })

    app.post('/v1/quarantine/discard', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Discard many events',
        description: whichText,
        body: Which,
        response: answer(Discarded),
      },
      handler: async ({ body, log }) => {
        const filter = filterOf(body)
        let discarded = 0
        for await (const page of quarantine.pages(filter))
          discarded += await quarantine.remove(page.map(({ id }) => id))
        log.info({ ...filter, discarded }, 'events in quarantine discarded')
        return { discarded }
      },
    })
  }

/** @throws HttpError unless the body has either a filter or `all`. */
function filterOf({ all, ...filter }: Static<typeof Which>): QuarantineFilter {
  const isFilter = filter.registry !== undefined || filter.reason !== undefined
  if (isFilter === (all !== undefined))
    throw new HttpError(400, 'expected "registry", "reason" or both, or else "all": true')
  return filter
}
