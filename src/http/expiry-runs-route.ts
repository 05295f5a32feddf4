import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { type Access, coversAll } from '../access/access.ts'
import { seenRun } from '../access/seen-run.ts'
import { selectSeen } from '../access/select-seen.ts'
import type { Audit } from '../expiry/audit.ts'
import { Deleted, RunSummary } from '../expiry/decision.ts'
import type { RunnablePolicy } from '../expiry/expiry-settings.ts'
import { findRun, hasEnded } from '../expiry/find-run.ts'
import { runOf } from '../expiry/run-id.ts'
import type { ExpiryRuns } from '../expiry/runs.ts'
import { policyDigest } from '../expiry/shown-plan.ts'
import type { ShownPlans } from '../expiry/shown-plans.ts'
import { stopRuns } from '../expiry/stop-runs.ts'
import type { Queues } from '../queue/queues.ts'
import { JournalPosition } from '../store/journal.ts'
import { askedBy } from './asked-by.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const errors = { '4xx': Problem, '5xx': Problem }

const params = Type.Object({
  id: Type.String({
    ...{ pattern: '^[A-Za-z0-9_-]+$', maxLength: 100 },
    'x-expected': 'the id of a run: 1 to 100 letters, digits, - and _',
    description: 'The id of the run.',
  }),
})

const StoppedRun = Type.Object({
  run: Type.String({ description: 'The id of the run.' }),
  policy: Type.String({ description: 'Its policy.' }),
  registry: Type.String({ description: 'Its registry.' }),
})

/** Runs that are looked at for a page, if their deletes have to be read. */
const MOST_RUNS = 200

/** @throws HttpError */
function noRun(id: string): never {
  throw new HttpError(404, `there is no run "${id}": GET /v1/expiry/runs lists them`)
}

/** The records of the runs of the expiry policies, and a way to run one now. */
export const expiryRunsRoute =
  (deps: {
    /** As configured now: a reload may change it. */
    settings: () => { policies: readonly RunnablePolicy[] }
    runs: ExpiryRuns
    shownPlans: Pick<ShownPlans, 'get'>
    audit: Audit
    queues: Queues
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    function wanted(name: string, registry: string | undefined): RunnablePolicy {
      const { policies } = deps.settings()
      const named = policies.filter((policy) => policy.name === name)
      const found = named.filter((policy) => registry === undefined || policy.registry === registry)
      const registries = named.map((policy) => policy.registry).join(', ')
      if (found[1] !== undefined)
        throw new HttpError(400, `the policy "${name}" is for several registries; name one of ${registries}`)
      if (found[0] !== undefined) return found[0]
      if (named.length > 0)
        throw new HttpError(
          404,
          `no policy "${name}" for the registry "${registry}"; it is for ${registries}`,
        )
      const names = [...new Set(policies.map((policy) => policy.name))].join(', ')
      throw new HttpError(404, `no policy "${name}"; configured: ${names || 'none'}`)
    }

    /** Nothing to stop, or a name that is not right? @throws HttpError */
    function requireKnown(policy: string | undefined, registry: string | undefined): void {
      const { policies } = deps.settings()
      const isKnown = policies.some(
        (one) =>
          (policy === undefined || one.name === policy) &&
          (registry === undefined || one.registry === registry),
      )
      if (isKnown || (policy ?? registry) === undefined) return
      const known = policies.map((one) => `${one.name} (${one.registry})`).join(', ')
      throw new HttpError(
        404,
        `no run is in hand or waits, and no such policy is configured: ${known || 'none'}`,
      )
    }

    /** The plan that is to be applied must be one of the policy as it is now. @throws HttpError 409 */
    async function requireShown(id: string, policy: string, registry: string): Promise<void> {
      const shown = await deps.shownPlans.get(id)
      const again = `look at the plan again: GET /v1/expiry/plan?policy=${encodeURIComponent(policy)}`
      if (shown === undefined)
        throw new HttpError(409, `the plan "${id}" is not known; a plan is known for a day. So ${again}`)
      if (shown.policy !== policy)
        throw new HttpError(409, `the plan "${id}" is of the policy "${shown.policy}", not of "${policy}"`)
      const named = deps.settings().policies.filter((one) => one.name === policy)
      if (shown.policyDigest !== policyDigest(named))
        throw new HttpError(
          409,
          `the policy "${policy}" was changed since the plan "${id}" was made. So ${again}`,
        )
      if (!shown.images.some(({ project }) => project.startsWith(`${registry}/`)))
        throw new HttpError(409, `the plan "${id}" deletes nothing at the registry "${registry}"`)
    }

    /** What an access sees of a run as it stands now. */
    async function seen(access: Access, id: string): Promise<RunSummary | undefined> {
      const run = await findRun(deps, id)
      return run && seenRun(access, run, deps.runs.earlier)
    }

    app.get('/v1/expiry/runs', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: 'Runs of the policies, newest first',
        querystring: pageQuery({}),
        response: {
          200: pageOf({ runs: Type.Array(RunSummary, { description: 'The runs of the page.' }) }),
          ...errors,
        },
      },
      handler: async ({ access, query: { limit, cursor } }) => {
        const { items, next } = await selectSeen({
          read: deps.runs.recent,
          positionOf: deps.runs.positionOf,
          show: (run) => seenRun(access, run, deps.runs.earlier),
          ...{ limit, after: decodeCursor(JournalPosition, cursor) },
          // The deletes of each may have to be read.
          ...(!access.seesAll && { most: MOST_RUNS }),
        })
        const now = items.map(async (run) => (hasEnded(run) ? run : ((await seen(access, run.id)) ?? run)))
        return { runs: await Promise.all(now), next: cursorOf(next) }
      },
    })

    app.get('/v1/expiry/runs/:id', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: 'A run, with its state and progress',
        params,
        response: { 200: RunSummary, ...errors },
      },
      handler: async ({ access, params: { id } }) => (await seen(access, id)) ?? noRun(id),
    })

    app.get('/v1/expiry/runs/:id/deletes', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: 'The images that a run deleted, or a dry run would delete, in the order of the run',
        params,
        querystring: pageQuery({}),
        response: {
          200: pageOf({ deletes: Type.Array(Deleted, { description: 'The deletes of the page.' }) }),
          ...errors,
        },
      },
      handler: async ({ access, params: { id }, query: { limit, cursor } }) => {
        const from = decodeCursor(Type.Integer({ minimum: 0 }), cursor) ?? 0
        const isSeen = access.seesAll || (await seen(access, id)) !== undefined
        const first = isSeen ? await deps.inTurn(() => deps.runs.deletes(id, from, 1)) : undefined
        if (first === undefined) return noRun(id)
        const { items, next } = await deps.inTurn(() =>
          selectSeen({
            read: async (most, after = from) =>
              ((await deps.runs.deletes(id, after, most)) ?? []).map((one, n) => ({
                one,
                after: after + n + 1,
              })),
            positionOf: ({ after }) => after,
            show: ({ one }) => (access.sees(one.project) ? one : undefined),
            ...{ limit, after: from },
          }),
        )
        return { deletes: items, next: cursorOf(next) }
      },
    })

    app.post('/v1/expiry/runs', {
      onRequest: deps.roles.within('expire'),
      schema: {
        tags: ['expiry'],
        summary: 'Run a policy now',
        description:
          'With `mode: plan`, which is the default, every run of a policy is a dry run, whatever the request says. A token for some projects runs it in these only.',
        body: Type.Object(
          {
            policy: Type.String({ description: 'The name of the policy.' }),
            registry: Type.Optional(
              Type.String({ description: 'Its registry. Needed if the policy is for several.' }),
            ),
            dryRun: Type.Boolean({
              default: true,
              description: 'Plan and record only; delete nothing. A run deletes only with `false`.',
            }),
            acceptShare: Type.Boolean({
              default: false,
              description:
                'Delete also where that is more than `expiry.maxShare` of the images of a project.',
            }),
            plan: Type.Optional(
              Type.String({
                ...{ pattern: '^[0-9a-f]{24}$', 'x-expected': 'the id of a plan: 24 hex digits' },
                description:
                  'The id of a plan that was shown: the run deletes only what that plan deletes, and of that only what was not used since and still goes by a plan of now.',
              }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          202: Type.Object({
            run: Type.String({ description: 'The id of the run.' }),
            job: Type.String({ description: 'The id of the job in the queue `expiry`.' }),
            dryRun: Type.Boolean({ description: 'Whether it only plans.' }),
          }),
          ...errors,
        },
      },
      handler: async (request, reply) => {
        const { acceptShare, plan } = request.body
        const { name, registry, mode } = wanted(request.body.policy, request.body.registry)
        if (plan !== undefined) await requireShown(plan, name, registry)
        const shown = plan === undefined ? {} : { plan }
        const dryRun = mode === 'plan' || request.body.dryRun
        const by = askedBy(request)
        const { access } = request
        const scope = access.seesAll ? {} : { projects: [...access.projects] }
        const job = await deps.queues.expiry.add('expiry', {
          ...{ policy: name, registry, dryRun, acceptShare, ...scope, ...shown, by },
        })
        const run = runOf(job).id
        await deps.audit({
          by,
          action: 'run.asked',
          registry,
          policy: name,
          run,
          dryRun,
          acceptShare,
          ...scope,
          ...shown,
        })
        return reply.code(202).send({ run, job: job.id ?? '', dryRun })
      },
    })

    app.post('/v1/expiry/stop', {
      onRequest: deps.roles.within('expire'),
      schema: {
        tags: ['expiry'],
        summary: 'Stop the runs that are in hand or wait',
        description:
          'A run in hand ends before its next delete, in whatever process it is. A token for some projects stops only runs that are limited to these. What the schedule asks for later is not stopped: `mode: plan` does that.',
        body: Type.Object(
          {
            run: Type.Optional(Type.String({ description: 'Only this run, by its id.' })),
            policy: Type.Optional(Type.String({ description: 'Only runs of this policy. Default: all.' })),
            registry: Type.Optional(
              Type.String({ description: 'Only runs at this registry. Default: all.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            stopped: Type.Array(StoppedRun, { description: 'The runs that are stopped by this request.' }),
          }),
          ...errors,
        },
      },
      handler: async (request) => {
        const { run, policy, registry } = request.body
        const covers = (projects: readonly string[] | undefined) => coversAll(request.access, projects)
        // A policy that was removed from the configuration may have a run, too.
        const by = askedBy(request)
        const stopped = await stopRuns(deps.queues, { run, policy, registry, covers }, by, Date.now())
        for (const one of stopped) await deps.audit({ by, action: 'run.stopped', ...one })
        if (stopped.length === 0 && run === undefined) requireKnown(policy, registry)
        return { stopped }
      },
    })
  }
