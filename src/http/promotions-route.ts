import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type Access, mayDoEverywhere } from '../access/access.ts'
import { ifSeen, selectSeen } from '../access/select-seen.ts'
import { parseImageName } from '../expiry/image-name.ts'
import { type Approve, nothingToApprove } from '../promotion/approve.ts'
import type { Asker } from '../promotion/choose-target.ts'
import { Approval } from '../promotion/gates/approvals.ts'
import { PromotionReceipt } from '../promotion/receipt.ts'
import type { Receipts } from '../promotion/receipts.ts'
import { PromotionRefusal } from '../promotion/refusal.ts'
import { noSuchImage, type RequestPromotion } from '../promotion/request.ts'
import { type FindPromotion, isCopyJob, PromotionStatus, statusOfJob } from '../promotion/status.ts'
import { JobAsked } from '../queue/job-status.ts'
import { listJobs } from '../queue/list-jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { JournalPosition } from '../store/journal.ts'
import { askedBy } from './asked-by.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import { promotionParams } from './promotion-rollback-route.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const tags = ['promotion']

/** BullMQ's states of promotions that are not done. A job that waits for a time is `delayed`. */
const UNDONE = { waiting: 'delayed', active: 'active', failed: 'failed' } as const

/** Pages of jobs that are read at most for one page of promotions that are seen. */
const MOST_PAGES = 50

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
          'Its name at the target, `repository:tag`. Then no rule applies, and no gate. Needs `admin` over all projects.',
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
          'Whether a tag that names another image is moved. Default: as the rule says; without a rule, never. Needs `admin` over all projects.',
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
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: { registry: string; repository: string }) => string
    /** Whether names of people are kept, as configured now. */
    keepsNames: () => boolean
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { receipts, roles, projectIdOf } = deps

    function askerOf(request: Pick<FastifyRequest, 'access' | 'ip'>): Asker {
      const { access } = request
      const isBoundToRules = !mayDoEverywhere(access, 'admin')
      const asker = { by: askedBy(request), isBoundToRules }
      if (access.ci === undefined) return asker
      const told = Object.entries(access.ci.claims).filter(
        (claim): claim is [string, string] => claim[1] !== null && (claim[0] !== 'user' || deps.keepsNames()),
      )
      return { ...asker, claims: Object.fromEntries(told) }
    }

    app.get('/v1/promotions', {
      onRequest: roles.within('read'),
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
      handler: async ({ access, query: { limit, cursor } }) => {
        const { items, next } = await selectSeen({
          read: receipts.recent,
          positionOf: receipts.positionOf,
          show: ifSeen(access, ({ from }: PromotionReceipt) => projectIdOf(from)),
          ...{ limit, after: decodeCursor(JournalPosition, cursor) },
        })
        return { promotions: items, next: cursorOf(next) }
      },
    })

    app.get('/v1/promotions/undone', {
      onRequest: roles.within('read'),
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
      handler: async ({ access, query: { state, limit, cursor } }) => {
        const promotions: PromotionStatus[] = []
        let next = decodeCursor(Type.Integer({ minimum: 0 }), cursor)
        for (let pages = 0; promotions.length < limit && pages < MOST_PAGES; pages++) {
          const left = { from: next ?? 0, limit: limit - promotions.length }
          const listed = { queue: 'promotion', state: UNDONE[state], ...left } as const
          const found = await deps.inTurn(() => listJobs(deps.queues, listed))
          const seen = found.jobs.filter(isCopyJob).filter(({ data }) => access.sees(data.project))
          promotions.push(...seen.map((job) => statusOfJob(job, UNDONE[state])))
          next = found.next
          if (next === undefined) break
        }
        return { promotions, next: cursorOf(next) }
      },
    })

    app.get('/v1/promotions/:id', {
      onRequest: roles.within('read'),
      schema: {
        tags,
        summary: 'How far a promotion is, with its receipt once it has arrived',
        params: promotionParams,
        response: { 200: PromotionStatus, ...errors },
      },
      handler: async (request) => {
        const { id } = request.params
        const found = await deps.find(id)
        if (found === undefined || !request.access.sees(projectIdOf(found.from)))
          throw new HttpError(404, `there is no promotion "${id}", or it ended long ago`)
        return found.status
      },
    })

    app.post('/v1/promotions/:id/approve', {
      onRequest: roles.within('promote'),
      schema: {
        tags,
        summary: 'Approve a promotion that waits for people',
        description:
          'For the gate `approval`. A second approval by the same name adds nothing. With enough of them the promotion goes on at once. It is 409 if it would not go on, since its tag names another image by now, or the tag at the target may not be moved.',
        params: promotionParams,
        body: Type.Object(
          {
            by: Type.Optional(
              Type.String({
                ...{ minLength: 1, maxLength: 100, pattern: '\\S' },
                'x-expected': 'the name of a person: 1 to 100 characters, not only spaces',
                description:
                  'Who approves it. The receipt has the name. Needed unless somebody is logged in by OpenID Connect: then it is their name.',
              }),
            ),
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
      handler: async (request) => {
        const { access, params, body, log } = request
        const { id } = params
        const by = approverOf(access, body.by)
        if (!access.seesAll) {
          const found = await deps.find(id)
          if (found === undefined || !access.sees(projectIdOf(found.from)))
            throw new HttpError(404, nothingToApprove(id))
        }
        const approved = await deps.approve(id, by).catch(refused)
        log.info({ promotion: id, by, token: askedBy(request) }, 'promotion approved')
        return approved
      },
    })

    app.post('/v1/promotions', {
      onRequest: roles.within('ask'),
      schema: {
        tags,
        summary: 'Ask for a promotion',
        description:
          'The image is looked up at its registry, and promoted by its digest. A rule that copies it to this registry says its name there, its gates and the rest, also a rule with `when: request`. Without such a rule it gets the same name, and this needs `admin` over all projects. While the same promotion is in hand or waits, the answer is that one.',
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
        if (!request.access.sees(projectIdOf(image))) throw new HttpError(404, noSuchImage(image))
        const asker = askerOf(request as FastifyRequest)
        const id = await deps.request({ image, ...more }, asker).catch(refused)
        request.log.info({ promotion: id, image: text, to: more.to, by: asker.by }, 'promotion asked for')
        return reply.code(202).send({ job: { queue: 'promotion', id } })
      },
    })
  }

/** The name of who approves: an issuer tells that of a person, who can then give no other. @throws HttpError 400 */
function approverOf({ session }: Pick<Access, 'session'>, given: string | undefined): string {
  const by = session?.name ?? given
  if (by === undefined) throw new HttpError(400, '`by`: expected the name of who approves')
  if (given !== undefined && given !== by)
    throw new HttpError(400, `you are ${by}, so you cannot approve as ${given}`)
  return by
}

function refused(error: unknown): never {
  throw error instanceof PromotionRefusal ? new HttpError(error.status, error.message) : error
}
