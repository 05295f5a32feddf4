import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { parseImageName } from '../expiry/image-name.ts'
import type { Approve } from '../promotion/approve.ts'
import type { Asker } from '../promotion/choose-target.ts'
import { Approval } from '../promotion/gates/approvals.ts'
import { PromotionReceipt } from '../promotion/receipt.ts'
import type { Receipts } from '../promotion/receipts.ts'
import { PromotionRefusal } from '../promotion/refusal.ts'
import type { RequestPromotion } from '../promotion/request.ts'
import { type FindPromotion, isCopyJob, PromotionStatus, statusOfJob } from '../promotion/status.ts'
import { JobAsked } from '../queue/job-status.ts'
import { listJobs } from '../queue/list-jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { JournalPosition } from '../store/journal.ts'
import { projectId } from '../usage/project.ts'
import { askedBy } from './asked-by.ts'
import { cutPage, decodeCursor, encodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import { promotionParams } from './promotion-rollback-route.ts'
import { type Roles, requireOwn } from './roles.ts'
import type { InTurn } from './turns.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const tags = ['promotion']

/** BullMQ's states of promotions that are not done. A job that waits for a time is `delayed`. */
const UNDONE = { waiting: 'delayed', active: 'active', failed: 'failed' } as const

const Asked = Type.Object(
  {
    image: Type.String({
      description:
        '`registry/repository:tag`, or `registry/repository@digest`. The registry by its name in the configuration.',
    }),
    to: Type.String({ description: 'The target: a registry by its name in the configuration.' }),
    rule: Type.Optional(
      Type.String({
        description: 'The name of the rule. Needed if several copy the image to this registry.',
      }),
    ),
    as: Type.Optional(
      Type.String({
        description:
          'Its name at the target, `repository:tag`. Then no rule applies, and no gate. Needs the admin token.',
      }),
    ),
    child: Type.Optional(
      Type.Boolean({
        description: 'Whether the image may be one that an index lists. Default: it is refused.',
      }),
    ),
    overwrite: Type.Optional(
      Type.Enum(['never', 'always', 'newer'], {
        description:
          'Whether a tag that names another image is moved. Default: as the rule says; without a rule, never. Needs the admin token.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Asking for promotions, how far they are, and the receipts of those that have arrived. */
export const promotionsRoute =
  (deps: {
    receipts: Receipts
    queues: Queues
    request: RequestPromotion
    find: FindPromotion
    approve: Approve
    /** The path of the project of a repository. */
    projectOf: (registry: string, repository: string) => string
    /** Whether names of people are kept, as configured now. */
    keepsNames: () => boolean
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { receipts, roles } = deps
    const projectIdOf = ({ registry, repository }: { registry: string; repository: string }) =>
      projectId(registry, deps.projectOf(registry, repository))

    function askerOf(request: Pick<FastifyRequest, 'principal' | 'headers' | 'ip'>): Asker {
      const by = askedBy(roles, request)
      if (request.principal === undefined) return { by }
      const told = Object.entries(request.principal.claims).filter(
        (claim): claim is [string, string] => claim[1] !== null && (claim[0] !== 'user' || deps.keepsNames()),
      )
      return { by, claims: Object.fromEntries(told) }
    }

    app.get('/v1/promotions', {
      onRequest: roles.read,
      schema: {
        tags,
        summary: 'Receipts of promotions, newest first',
        querystring: pageQuery({}),
        response: {
          200: pageOf({
            promotions: Type.Array(PromotionReceipt, { description: 'The receipts of the page.' }),
          }),
          ...errors,
        },
      },
      handler: async ({ query: { limit, cursor } }) => {
        const found = await receipts.recent(limit + 1, decodeCursor(JournalPosition, cursor))
        const { items, next } = cutPage(found, limit, receipts.positionOf)
        return { promotions: items, next }
      },
    })

    app.get('/v1/promotions/undone', {
      onRequest: roles.read,
      schema: {
        tags,
        summary: 'Promotions that have not arrived',
        description:
          'Failed ones are listed newest first, those that wait in the order in which they go on. A page may have fewer than `limit`. While promotions come and go, one may be on two pages, or on none.',
        querystring: pageQuery({
          state: Type.Enum(['waiting', 'active', 'failed'], {
            default: 'waiting',
            description:
              '`waiting`: for a gate, for their tag, or for another attempt. `active`: in hand. `failed`: given up.',
          }),
        }),
        response: {
          200: pageOf({
            promotions: Type.Array(PromotionStatus, { description: 'The promotions of the page.' }),
          }),
          ...errors,
        },
      },
      handler: async ({ query: { state, limit, cursor } }) => {
        const from = decodeCursor(Type.Integer({ minimum: 0 }), cursor) ?? 0
        const listed = { queue: 'promotion', state: UNDONE[state], from, limit } as const
        const { jobs, next } = await deps.inTurn(() => listJobs(deps.queues, listed))
        return {
          promotions: jobs.filter(isCopyJob).map((job) => statusOfJob(job, UNDONE[state])),
          next: next === undefined ? null : encodeCursor(next),
        }
      },
    })

    app.get('/v1/promotions/:id', {
      onRequest: roles.readOrCi,
      schema: {
        tags,
        summary: 'How far a promotion is, with its receipt once it has arrived',
        params: promotionParams,
        response: { 200: PromotionStatus, ...errors },
      },
      handler: async (request) => {
        const { id } = request.params
        const found = await deps.find(id)
        if (found === undefined)
          throw new HttpError(404, `there is no promotion "${id}", or it ended long ago`)
        requireOwn(request, projectIdOf(found.from))
        return found.status
      },
    })

    app.post('/v1/promotions/:id/approve', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Approve a promotion that waits for people',
        description:
          'For the gate `approval`. A second approval by the same name adds nothing. With enough of them the promotion goes on at once. It is 409 if it would not go on, since its tag names another image by now, or the tag at the target may not be moved.',
        params: promotionParams,
        body: Type.Object(
          {
            by: Type.String({
              ...{ minLength: 1, maxLength: 100, pattern: '\\S' },
              'x-expected': 'the name of a person: 1 to 100 characters, not only spaces',
              description: 'Who approves it. The receipt has the name.',
            }),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            approvals: Type.Array(Approval, { description: 'One for each person, the oldest first.' }),
            needed: Type.Integer({ description: 'How many people must approve it.' }),
          }),
          ...errors,
        },
      },
      handler: async ({ params: { id }, body: { by }, log }) => {
        const approved = await deps.approve(id, by).catch(refused)
        log.info({ promotion: id, by }, 'promotion approved')
        return approved
      },
    })

    app.post('/v1/promotions', {
      onRequest: roles.adminOrCi,
      schema: {
        tags,
        summary: 'Ask for a promotion',
        description:
          'The image is looked up at its registry, and promoted by its digest. A rule that copies it to this registry says its name there, its gates and the rest, also a rule with `when: request`. Without such a rule it gets the same name, and this needs the admin token. While the same promotion is in hand or waits, the answer is that one.',
        body: Asked,
        response: { 202: JobAsked, ...errors },
      },
      handler: async (request, reply) => {
        const { image: text, ...more } = request.body
        const image = parseImageName(text)
        if (image === undefined)
          throw new HttpError(
            400,
            `"${text}" is not an image: expected registry/repository:tag or registry/repository@digest`,
          )
        requireOwn(request, projectIdOf(image))
        const asker = askerOf(request as FastifyRequest)
        const id = await deps.request({ image, ...more }, asker).catch(refused)
        request.log.info({ promotion: id, image: text, to: more.to, by: asker.by }, 'promotion asked for')
        return reply.code(202).send({ job: { queue: 'promotion', id } })
      },
    })
  }

function refused(error: unknown): never {
  throw error instanceof PromotionRefusal ? new HttpError(error.status, error.message) : error
}
