import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type TSchema, Type } from 'typebox'
import type { PromotionAudit } from '../promotion/audit.ts'
import { AuditLine } from '../promotion/audit-lines.ts'
import type { Existing } from '../promotion/existing.ts'
import { ExistingLine } from '../promotion/existing-lines.ts'
import { PromotionRefusal } from '../promotion/refusal.ts'
import { askedBy } from './asked-by.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import { makeTurns, streamInTurn } from './turns.ts'

const NDJSON = 'application/x-ndjson'

const streamOf = (description: string, line: TSchema) => ({
  200: { description, content: { [NDJSON]: { schema: Type.Unsafe<Readable>(line) } } },
  '4xx': Problem,
  '5xx': Problem,
})

/** Long lists of the images that rules cover: promoting what was there before, and comparing both ends. */
export const promotionListsRoute =
  (deps: { existing: Existing; audit: PromotionAudit; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    // They may take minutes, so other reads do not wait for them.
    const oneAtATime = makeTurns({ atOnce: 1, maxWaiting: 2, waitMs: 5_000 })

    function stream(begin: () => AsyncGenerator<object>): Promise<Readable> {
      const found = begun(begin)
      return streamInTurn(oneAtATime, async function* lines() {
        for await (const line of found) yield `${JSON.stringify(line)}\n`
      })
    }

    app.post('/v1/promotions/existing', {
      onRequest: deps.roles.everywhere('promote'),
      schema: {
        tags: ['promotion'],
        summary: 'Promote the images that were there before, by a rule',
        description:
          'All tagged images that the index has and that `from` of the rule matches, as a stream of lines. What was promoted or asked for before is not asked for again. These promotions come after all others. The last line has `images`; an answer without it is not complete.',
        body: Type.Object(
          {
            rule: Type.String({ description: 'The name of the rule.' }),
            dryRun: Type.Boolean({ description: 'Ask for nothing; tell what the target has.' }),
          },
          { additionalProperties: false },
        ),
        response: streamOf('The images by project, repository and tag.', ExistingLine),
      },
      handler: async (request, reply) => {
        const { rule, dryRun } = request.body
        const by = askedBy(request)
        const lines = await stream(() => (dryRun ? deps.existing.plan(rule) : deps.existing.ask(rule, by)))
        if (!dryRun) request.log.info({ rule, by }, 'promotions of existing images asked for')
        return reply.type(NDJSON).send(lines)
      },
    })

    app.post('/v1/promotions/audit', {
      onRequest: deps.roles.everywhere('promote'),
      schema: {
        tags: ['promotion'],
        summary: 'Compare the images that rules cover with their copies',
        description:
          'What differs, as a stream of lines: tags that the target lacks or that name another image, and signatures and other referrers that the target lacks. Both registries are asked about each image. The last line has `images`; an answer without it is not complete.',
        body: Type.Object(
          {
            rule: Type.Optional(Type.String({ description: 'Only this rule. Default: all.' })),
            mend: Type.Boolean({
              default: false,
              description: 'Ask for the promotions and copies that mend what differs.',
            }),
          },
          { additionalProperties: false },
        ),
        response: streamOf('What differs, by rule, project, repository and tag.', AuditLine),
      },
      handler: async (request, reply) => {
        const { rule, mend } = request.body
        const by = askedBy(request)
        const lines = await stream(() => deps.audit({ rule, mend, by }))
        if (mend) request.log.info({ rule, by }, 'copies are compared and mended')
        return reply.type(NDJSON).send(lines)
      },
    })
  }

function begun<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof PromotionRefusal ? new HttpError(error.status, error.message) : error
  }
}
