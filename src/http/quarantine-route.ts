import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type TSchema, Type } from 'typebox'
import { type Quarantine, Quarantined, QuarantineFilter } from '../events/quarantine.ts'
import type { Replay } from '../events/replay.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const answer = <S extends TSchema>(schema: S) => ({ 200: schema, '4xx': Problem, '5xx': Problem })
const Page = Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) })
const Id = Type.Object({ id: Type.String() })
const Replayed = Type.Object({ replayed: Type.Integer() })
const Discarded = Type.Object({ discarded: Type.Integer() })
const tags = ['quarantine']

/** Events that could not be understood: to look at, to replay after a fix, and to discard. */
export const quarantineRoute =
  ({
    quarantine,
    replay,
    roles,
  }: {
    quarantine: Quarantine
    replay: Replay
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const missing = (id: string) =>
      new HttpError(404, `no event "${id}" in quarantine: GET /v1/quarantine lists them`)

    app.get('/v1/quarantine', {
      onRequest: roles.read,
      schema: {
        tags,
        summary: 'Events that could not be understood, newest first',
        querystring: Page,
        response: answer(Type.Object({ total: Type.Integer(), events: Type.Array(Quarantined) })),
      },
      handler: async (request) => {
        const { limit } = request.query
        const [total, events] = await Promise.all([quarantine.count(), quarantine.list(limit)])
        return { total, events }
      },
    })

    app.get('/v1/quarantine/:id', {
      onRequest: roles.read,
      schema: { tags, summary: 'One of them', params: Id, response: answer(Quarantined) },
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
        summary: 'Have one worked off again',
        description: 'As if received now. If it still cannot be understood it comes back with a new id.',
        params: Id,
        response: answer(Replayed),
      },
      handler: async ({ params: { id } }) => {
        if (!(await replay.one(id))) throw missing(id)
        return { replayed: 1 }
      },
    })

    app.post('/v1/quarantine/replay', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Have many worked off again',
        description: 'All, or those of a registry, or those with `reason` in their reason.',
        body: QuarantineFilter,
        response: answer(Replayed),
      },
      handler: async ({ body }) => ({ replayed: await replay.all(body) }),
    })

    app.delete('/v1/quarantine/:id', {
      onRequest: roles.admin,
      schema: { tags, summary: 'Discard one', params: Id, response: answer(Discarded) },
      handler: async ({ params: { id } }) => {
        if ((await quarantine.get(id)) === undefined) throw missing(id)
        return { discarded: await quarantine.remove([id]) }
      },
    })

    app.post('/v1/quarantine/discard', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Discard many',
        description: 'All, or those of a registry, or those with `reason` in their reason.',
        body: QuarantineFilter,
        response: answer(Discarded),
      },
      handler: async ({ body }) => {
        let discarded = 0
        for await (const page of quarantine.pages(body))
          discarded += await quarantine.remove(page.map(({ id }) => id))
        return { discarded }
      },
    })
  }
