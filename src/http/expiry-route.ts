import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Decision } from '../expiry/decision.ts'
import type { Expiry } from '../expiry/expire.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import { type InTurn, streamInTurn } from './turns.ts'

const NDJSON = 'application/x-ndjson'

/** Characters of lines that are sent at once. */
const CHUNK = 65_536

const PolicyName = Type.String({ description: 'The name of the policy.' })
const Warning = Type.String({
  description: 'Where the policy does something else than its author may think.',
})
const PlannedDecision = Type.Object({ policy: PolicyName, ...Decision.properties })
const PlanWarning = Type.Object({ policy: PolicyName, warning: Warning })
/** A line of the stream. */
const PlanLine = Type.Union([PlannedDecision, PlanWarning])

const errors = { '4xx': Problem, '5xx': Problem }

/** The plans of the expiry policies. */
export const expiryRoute =
  (deps: {
    expiry: Pick<Expiry, 'plan'>
    /** As configured now: a reload may change it. */
    settings: () => { policies: readonly { name: string }[] }
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const wanted = (policy: string | undefined): readonly string[] => {
      const policies = [...new Set(deps.settings().policies.map(({ name }) => name))]
      if (policy === undefined) return policies
      if (policies.includes(policy)) return [policy]
      throw new HttpError(404, `no policy "${policy}"; configured: ${policies.join(', ') || 'none'}`)
    }

    /** The lines of these policies' plans, some at a time. */
    async function* planLines(policies: readonly string[]): AsyncGenerator<string> {
      let lines = ''
      for (const policy of policies) {
        const warnings = new Set<string>()
        for await (const decision of deps.expiry.plan(policy, warnings)) {
          lines += `${JSON.stringify({ policy, ...decision })}\n`
          if (lines.length < CHUNK) continue
          yield lines
          lines = ''
        }
        for (const warning of warnings) lines += `${JSON.stringify({ policy, warning })}\n`
      }
      yield lines
    }

    app.get('/v1/expiry/plan', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['expiry'],
        summary: 'What the policies would do now, image by image, with reasons',
        description:
          'With `Accept: application/x-ndjson`, the answer is a stream of lines, one for each image: a decision as JSON, with ' +
          'the name of its policy. After the images of a policy come its warnings, a line each. Use this for large registries. ' +
          'An answer that is cut off is not complete.',
        querystring: Type.Object({
          policy: Type.Optional(Type.String({ description: 'Only this policy. Default: all.' })),
        }),
        response: {
          200: {
            description: 'The plans.',
            content: {
              'application/json': {
                schema: Type.Object({
                  plans: Type.Array(
                    Type.Object({
                      policy: PolicyName,
                      decisions: Type.Array(Decision, { description: 'One for each image.' }),
                      warnings: Type.Array(Warning, { description: 'Those of the dialect of the policy.' }),
                    }),
                    { description: 'One for each policy.' },
                  ),
                }),
              },
              [NDJSON]: { schema: Type.Unsafe<Readable>(PlanLine) },
            },
          },
          ...errors,
        },
      },
      handler: async ({ query, headers }, reply) => {
        const policies = wanted(query.policy)
        void reply.header('vary', 'accept')
        if (accepts(headers.accept, NDJSON))
          return reply.type(NDJSON).send(await streamInTurn(deps.inTurn, () => planLines(policies)))
        return deps.inTurn(async () => {
          const plans = policies.map(async (policy) => {
            const warnings = new Set<string>()
            const decisions = await Array.fromAsync(deps.expiry.plan(policy, warnings))
            return { policy, decisions, warnings: [...warnings] }
          })
          return { plans: await Promise.all(plans) }
        })
      },
    })
  }

/** Whether an `Accept` header names a media type. */
const accepts = (header: string | undefined, mediaType: string): boolean =>
  (header ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === mediaType)
