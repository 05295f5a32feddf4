import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { mayDo } from '../access/access.ts'
import { readPolicy } from '../config/read-policy.ts'
import type { Decision } from '../expiry/decision.ts'
import { expandPolicies } from '../expiry/expand-policies.ts'
import type { RunnablePolicy } from '../expiry/expiry-settings.ts'
import type { ExpiryPolicy } from '../expiry/plan.ts'
import { isOf, type PlanAll } from '../expiry/plan-all.ts'
import { takePage } from '../expiry/plan-page.ts'
import { PlannedImage } from '../expiry/planned-image.ts'
import { collectPlan } from '../expiry/shown-plan.ts'
import type { ShownPlans } from '../expiry/shown-plans.ts'
import { Undo, type UndoSettings, undoOf } from '../expiry/undo.ts'
import { formatTimestamp, parseTimestamp } from '../platform/timestamp.ts'
import { decodeCursor, encodeCursor, pageOf, pageQuery } from './page.ts'
import { planLines } from './plan-lines.ts'
import { HttpError, Problem } from './problem.ts'
import { requireRegistry } from './registry-named.ts'
import type { Roles } from './roles.ts'
import { type InTurn, streamInTurn } from './turns.ts'

const NDJSON = 'application/x-ndjson'

const Warning = Type.String({
  description: 'Where the policy, or a run of it, does something else than its author may think.',
})
const PolicyName = Type.String({ description: 'The name of the policy.' })
/** What an answer says of the plan as a whole. */
const About = {
  asOf: Type.String({ format: 'date-time', description: 'The time as of which the plan decides.' }),
  policies: Type.Array(PolicyName, { description: 'The policies that are planned.' }),
  undo: Undo,
}

/** A line of the stream. */
const PlanLine = Type.Union([
  Type.Object({ policy: PolicyName, ...PlannedImage.properties }),
  Type.Object({
    ...{ policy: PolicyName, warning: Warning },
    held: Type.Optional(
      Type.String({
        description:
          'The project in which a run would delete nothing, since that is more than `expiry.maxShare`.',
      }),
    ),
  }),
  Type.Object({
    ...About,
    plan: Type.Optional(
      Type.String({
        description:
          'The id of the plan, for a day. `POST /v1/expiry/runs` with it deletes nothing else. Only for who may `expire`, and only of a plan of one configured policy as of now.',
      }),
    ),
    images: Type.Integer({ description: 'How many images were told.' }),
  }),
])

const PlanAnswer = pageOf({
  ...About,
  plans: Type.Array(
    Type.Object({
      policy: PolicyName,
      decisions: Type.Array(PlannedImage, { description: 'One for each image, in order.' }),
      warnings: Type.Array(Warning, {
        description:
          'Those of the dialect and the eviction; projects in which `expiry.maxShare` would hold a run; what protects images and cannot be read; a policy that is about no image.',
      }),
    }),
    { description: 'One for each policy that the page has come by.' },
  ),
})

const PlanQuery = pageQuery({
  registry: Type.Optional(Type.String({ description: 'Only images of this registry.' })),
  project: Type.Optional(Type.String({ description: 'Only images of this project, registry/path.' })),
  repository: Type.Optional(Type.String({ description: 'Only images of this repository.' })),
  verdict: Type.Optional(
    Type.Union([Type.Literal('delete'), Type.Literal('untag'), Type.Literal('keep')], {
      description: 'Only images with this verdict.',
    }),
  ),
  asOf: Type.Optional(
    Type.String({
      description:
        'Decide as of this time, RFC 3339, past or future. Default: now. What protects images is that of now, and what was pushed or pulled after that time is kept.',
    }),
  ),
})

/** In order of policy, as configured; then of registry, project, repository and digest. `before` counts the project until there. */
const Position = Type.Object({
  policy: Type.String(),
  registry: Type.String(),
  project: Type.String(),
  repository: Type.String(),
  digest: Type.String(),
  before: Type.Object({
    deletes: Type.Integer(),
    images: Type.Integer(),
    untags: Type.Integer(),
    tags: Type.Integer(),
  }),
})

const response = {
  200: {
    description: 'The plans.',
    content: {
      'application/json': { schema: PlanAnswer },
      [NDJSON]: { schema: Type.Unsafe<Readable>(PlanLine) },
    },
  },
  '4xx': Problem,
  '5xx': Problem,
}

const description =
  'The order is by policy, project, repository and digest. An answer in JSON is a page. It may have fewer images than `limit` while there are more: ' +
  'it ends after it has decided on some 20,000. `next` is null at the end. With `Accept: application/x-ndjson`, the answer is a ' +
  'stream of lines, without `limit`: one for each image, a decision as JSON with the name of its policy. After the images ' +
  'of a policy come its warnings, a line each. The bytes of its images add up to those of the plan; those of a page count from its first repository on. The last line has `asOf`; an answer without it is not complete.'

/** The plans of the expiry policies. */
export const expiryRoute =
  (deps: {
    planAll: PlanAll
    shownPlans: Pick<ShownPlans, 'put'>
    /** As configured now: a reload may change it. */
    settings: () => UndoSettings & { policies: readonly RunnablePolicy[] }
    hasProject: (id: string) => Promise<boolean>
    /** At any registry, in a project that `sees` lets through. */
    hasRepository: (name: string, sees: (project: string) => boolean) => Promise<boolean>
    /** The configured names. */
    registries: () => readonly string[]
    roles: Roles
    inTurn: InTurn
    /** epoch µs */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    /** Those with one name follow each other. */
    function policiesNamed(name: string | undefined): ExpiryPolicy[] {
      const planned = deps.settings().policies.map((policy) =>
        // A policy that only plans announces nothing.
        policy.mode === 'apply' ? policy : withoutNotice(policy),
      )
      const byName = Map.groupBy(planned, (policy) => policy.name)
      if (name === undefined) return [...byName.values()].flat()
      const names = [...byName.keys()].join(', ')
      const found = byName.get(name)
      if (found === undefined) throw new HttpError(404, `no policy "${name}"; configured: ${names || 'none'}`)
      return found
    }

    async function candidate(value: unknown): Promise<ExpiryPolicy[]> {
      const registries = deps.registries()
      const read = await readPolicy(value, registries)
      if ('policy' in read) return expandPolicies([read.policy], registries).map(withoutNotice)
      const told = read.problems.map(
        ({ key, message }) => `${key === '' ? 'policy' : `policy.${key}`}: ${message}`,
      )
      throw new HttpError(400, told.join('; '))
    }

    async function answer(
      policies: readonly ExpiryPolicy[],
      { policy: named, ...query }: Static<typeof PlanQuery> & { policy?: string | undefined },
      { headers, access }: FastifyRequest,
      reply: FastifyReply,
    ) {
      const { seesAll, sees } = access
      const { registry, project, repository, verdict, limit, cursor } = query
      const now = deps.now()
      const asOf = query.asOf === undefined ? now : parseTimestamp(query.asOf)
      if (asOf === undefined)
        throw new HttpError(400, 'asOf: expected a time in RFC 3339, such as 2026-11-26T12:00:00Z')
      const after = decodeCursor(Position, cursor)
      if (after !== undefined && !policies.some((policy) => isOf(policy, after)))
        throw new HttpError(400, 'the cursor is not of this list: its policy is not asked for')
      if (registry !== undefined) requireRegistry(deps.registries(), registry)
      if (project !== undefined && !(sees(project) && (await deps.hasProject(project))))
        throw new HttpError(404, `there is no project "${project}"`)
      if (repository !== undefined && !(await deps.hasRepository(repository, sees)))
        throw new HttpError(404, `no registry has a repository "${repository}" that the index knows`)
      const filter = { registry, project, repository, sees: seesAll ? undefined : sees }
      const parts = () => deps.planAll(policies, filter, { asOf, after })
      const isWanted = (decision: Decision) => verdict === undefined || decision.verdict === verdict
      const about = {
        asOf: formatTimestamp(asOf) ?? '',
        policies: [...new Set(policies.map(({ name }) => name))],
        undo: undoOf(deps.settings(), Math.max(asOf, now) / 1000),
      }
      void reply.header('vary', 'accept')
      if (accepts(headers.accept, NDJSON)) {
        // A plan that is looked at can be applied by its id.
        const isWhole = verdict === undefined && query.asOf === undefined
        const shown =
          named !== undefined && isWhole && mayDo(access, 'expire')
            ? collectPlan(named, policies, asOf)
            : undefined
        const lines = () =>
          planLines(parts(), {
            isWanted,
            note: (decision) => shown?.note(decision),
            async about() {
              const plan = shown?.end()
              if (plan !== undefined) await deps.shownPlans.put(plan)
              return { ...about, ...(plan && { plan: plan.id }) }
            },
          })
        return reply.type(NDJSON).send(await streamInTurn(deps.inTurn, lines))
      }
      const { plans, next } = await deps.inTurn(() => takePage(parts(), limit, isWanted))
      return { ...about, plans, next: next && encodeCursor(next) }
    }

    app.get('/v1/expiry/plan', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: 'What the policies would do, image by image, with reasons',
        description,
        querystring: Type.Object({
          policy: Type.Optional(Type.String({ description: 'Only this policy. Default: all.' })),
          ...PlanQuery.properties,
        }),
        response,
      },
      handler: (request, reply) =>
        answer(policiesNamed(request.query.policy), request.query, request as FastifyRequest, reply),
    })

    app.post('/v1/expiry/plan', {
      onRequest: deps.roles.within('read'),
      bodyLimit: CANDIDATE_LIMIT,
      schema: {
        tags: ['expiry'],
        summary: 'What a policy would do that is not configured, image by image, with reasons',
        description: `Nothing is changed, so the read token is enough. ${description}`,
        querystring: PlanQuery,
        body: Type.Object(
          {
            policy: Type.Unknown({
              description:
                'A policy as it stands in the configuration, in `expiry.policies`, with `document` if it is of a dialect. `mode`, `schedule` and `notice` mean nothing here.',
            }),
          },
          { additionalProperties: false },
        ),
        response,
      },
      handler: async (request, reply) =>
        answer(await candidate(request.body.policy), request.query, request as FastifyRequest, reply),
    })
  }

const withoutNotice = (policy: ExpiryPolicy): ExpiryPolicy => ({ ...policy, notice: undefined })

/** Bytes of a candidate, as of a file with a document. */
const CANDIDATE_LIMIT = 1024 * 1024 + 1024

/** Whether an `Accept` header names a media type. */
const accepts = (header: string | undefined, mediaType: string): boolean =>
  (header ?? '').split(',').some((range) => range.split(';')[0]?.trim().toLowerCase() === mediaType)
