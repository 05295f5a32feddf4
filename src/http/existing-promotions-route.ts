import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Existing } from '../promotion/existing.ts'
import { ExistingLine } from '../promotion/existing-lines.ts'
import { PromotionRefusal } from '../promotion/refusal.ts'
import { askedBy } from './asked-by.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import { makeTurns, streamInTurn } from './turns.ts'

const NDJSON = 'application/x-ndjson'

/** Promoting what was there before a rule. */
export const existingPromotionsRoute =
  (deps: { existing: Existing; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    // It may take minutes, so other reads do not wait for it.
    const oneAtATime = makeTurns({ atOnce: 1, maxWaiting: 2, waitMs: 5_000 })

    app.post('/v1/promotions/existing', {
      onRequest: deps.roles.admin,
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
        response: {
          200: {
            description: 'The images by project, repository and tag.',
            content: { [NDJSON]: { schema: Type.Unsafe<Readable>(ExistingLine) } },
          },
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async (request, reply) => {
        const { rule, dryRun } = request.body
        const by = askedBy(deps.roles, request)
        const found = begin(() => (dryRun ? deps.existing.plan(rule) : deps.existing.ask(rule, by)))
        if (!dryRun) request.log.info({ rule, by }, 'promotions of existing images asked for')
        async function* lines() {
          for await (const line of found) yield `${JSON.stringify(line)}\n`
        }
        return reply.type(NDJSON).send(await streamInTurn(oneAtATime, lines))
      },
    })
  }

function begin<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw error instanceof PromotionRefusal ? new HttpError(error.status, error.message) : error
  }
}
