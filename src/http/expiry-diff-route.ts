import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Access } from '../access/access.ts'
import type { Decision } from '../expiry/decision.ts'
import { lastRunOf } from '../expiry/last-run.ts'
import type { ExpiryPolicy } from '../expiry/plan.ts'
import type { PlanAll } from '../expiry/plan-all.ts'
import { diffPlans, imageKey, PlanChange } from '../expiry/plan-diff.ts'
import type { ExpiryRuns } from '../expiry/runs.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const Compared = Type.Object({
  registry: Type.String({ description: 'The registry.' }),
  run: Type.String({ description: 'The run that recorded the earlier plan.' }),
  at: Type.String({ format: 'date-time', description: 'When it began.' }),
  dryRun: Type.Boolean({ description: 'Whether it only planned.' }),
  held: Type.Array(Type.String(), {
    description:
      'Projects that are not compared: the run has recorded nothing there, since too much would go.',
  }),
})

const count = (description: string) => Type.Integer({ description })

/** What changed in the plan of a policy since its last run. */
export const expiryDiffRoute =
  (deps: {
    planAll: PlanAll
    runs: ExpiryRuns
    /** As configured now: a reload may change it. */
    settings: () => { policies: readonly ExpiryPolicy[] }
    roles: Roles
    inTurn: InTurn
    /** epoch µs */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    /** The changes at one registry; `undefined` if no run is recorded. */
    async function compare(policy: ExpiryPolicy, asOf: number, { seesAll, sees }: Access) {
      const run = await lastRunOf(deps.runs, policy.name, policy.registry)
      if (run === undefined) return undefined
      const before = (await deps.runs.earlier(run.id)).filter(({ project }) => sees(project))
      const known = new Set(before.map(imageKey))
      const held = new Set(run.dryRun ? [] : run.held?.map(({ project }) => project))
      const now: Decision[] = []
      for await (const { decisions } of deps.planAll(
        [policy],
        { sees: seesAll ? undefined : sees },
        { asOf },
      ))
        for (const image of decisions)
          if ((image.verdict !== 'keep' || known.has(imageKey(image))) && !held.has(image.project))
            now.push(image)
      const { id, at, dryRun } = run
      const heldHere = [...held].filter((project) => sees(project))
      return {
        compared: { registry: policy.registry, run: id, at, dryRun, held: heldHere },
        changes: diffPlans(before, now),
      }
    }

    app.get('/v1/expiry/diff', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: "What changed in a policy's plan since its last run, dry or real, and why",
        description:
          'The earlier plan is what the last run recorded that came to its end. What waits for its notice is in no record of a real run.',
        querystring: Type.Object({
          policy: Type.String({ description: 'The name of the policy.' }),
          limit: Type.Integer({
            ...{ minimum: 1, maximum: 10_000, default: 1_000 },
            description: 'How many changes are told at most. All are counted.',
          }),
        }),
        response: {
          200: Type.Object({
            policy: Type.String({ description: 'The name of the policy.' }),
            asOf: Type.String({ format: 'date-time', description: 'When the plan of now was made.' }),
            compared: Type.Array(Compared, {
              description: 'The earlier plans, one for each registry of the policy that has one.',
            }),
            counts: Type.Object(
              {
                expires: count('Images that go now, or a tag of them.'),
                stays: count('Images that were to go and stay now, or a tag of them.'),
                gone: count('Images that were to go and are not there any more, or a tag of them.'),
              },
              { description: 'The number of changes.' },
            ),
            changes: Type.Array(PlanChange, { description: 'The changes.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access, query: { policy: name, limit } }) => {
        const all = deps.settings().policies
        const policies = all.filter((policy) => policy.name === name)
        if (policies.length === 0) {
          const names = [...new Set(all.map((policy) => policy.name))].join(', ')
          throw new HttpError(404, `no policy "${name}"; configured: ${names || 'none'}`)
        }
        const asOf = deps.now()
        return deps.inTurn(async () => {
          const compared: NonNullable<Awaited<ReturnType<typeof compare>>>['compared'][] = []
          const changes: PlanChange[] = []
          for (const policy of policies) {
            const found = await compare(policy, asOf, access)
            if (found === undefined) continue
            compared.push(found.compared)
            for (const change of found.changes) changes.push(change)
          }
          if (compared.length === 0)
            throw new HttpError(404, `no plan of "${name}" is recorded: a dry run of it records one`)
          const counts = { expires: 0, stays: 0, gone: 0 }
          for (const { change } of changes) counts[change] += 1
          const time = formatTimestamp(asOf) ?? ''
          return { policy: name, asOf: time, compared, counts, changes: changes.slice(0, limit) }
        })
      },
    })
  }
