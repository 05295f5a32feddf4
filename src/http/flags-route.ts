import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { QuotaKind, subjectKey } from '../queue/quota-subject.ts'
import type { Flags, RaisedFlag } from '../quota/flags.ts'
import { sendTagged } from './etag.ts'
import { cutPage, decodeCursor, pageOf, pageQuery } from './page.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const Raised = Type.Enum(['warning', 'over'])

const Shown = Type.Object({
  kind: QuotaKind,
  id: Type.String({ description: 'Of a project `registry/path`, of a group or a registry its name.' }),
  flag: Type.Enum(Raised.enum, { description: 'How near it is to its quota, or that it is over it.' }),
  since: Type.String({ format: 'date-time', description: 'Since when it has this flag.' }),
  mark: Type.Union([Type.Number(), Type.Null()], {
    description: 'The highest share of `warnAt` that is passed. Null if none is.',
  }),
})

const Position = Type.String()

/** Flags that are not ok. */
export const flagsRoute =
  (deps: { flags: Pick<Flags, 'raised'>; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/flags', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['usage'],
        summary: 'Flags that are not ok, of projects, groups and registries',
        description:
          'It is cheap to poll: it reads only these flags, and its strong ETag changes only if the answer does. With `If-None-Match` the answer is 304 until then.',
        querystring: pageQuery({
          kind: Type.Optional(QuotaKind),
          registry: Type.Optional(Type.String({ description: 'Only this registry and its projects.' })),
          flag: Type.Optional(Type.Enum(Raised.enum, { description: 'Only this flag.' })),
        }),
        response: {
          200: pageOf({ flags: Type.Array(Shown, { description: 'The flags of the page.' }) }),
          304: Type.Null({ description: 'The answer is what `If-None-Match` names.' }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async (request, reply) => {
        const { limit, cursor, kind, registry, flag } = request.query
        const after = decodeCursor(Position, cursor) ?? ''
        const { sees } = request.access
        const isAsked = (one: RaisedFlag) =>
          sees(one.kind === 'project' ? one.id : undefined) &&
          (kind ?? one.kind) === one.kind &&
          (flag ?? one.flag) === one.flag &&
          (registry === undefined || isOf(registry, one)) &&
          subjectKey(one) > after
        const found = (await deps.flags.raised()).filter(isAsked).slice(0, limit + 1)
        const { items, next } = cutPage(found, limit, subjectKey)
        return sendTagged(request, reply, { flags: [...items], next })
      },
    })
  }

const isOf = (registry: string, { kind, id }: RaisedFlag): boolean =>
  kind === 'registry' ? id === registry : kind === 'project' && id.startsWith(`${registry}/`)
