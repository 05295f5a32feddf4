import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Instances } from '../events/instances.ts'
import { formatTimestamp } from '../platform/timestamp.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import { confidenceOf, stateOf } from '../reconcile/confidence.ts'
import { GitLabSize } from '../reconcile/gitlab-size.ts'
import type { Ledger } from '../reconcile/ledger.ts'
import { requestReconcile } from '../reconcile/reconcile-jobs.ts'
import { ReconcileReport } from '../reconcile/report.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const Instant = Type.Union([Type.String({ format: 'date-time' }), Type.Null()])
const errors = { '4xx': Problem, '5xx': Problem }

const Registry = Type.Object({
  name: Type.String(),
  url: Type.String(),
  state: Type.String({
    description:
      '`read`; `reading, 120 of 3400 repositories` while it is read for the first time, and its numbers are too small; `not read yet`; `target only`: it sends no events.',
  }),
  projects: Type.Integer(),
  uniqueBytes: Type.Integer({ description: 'The bytes that its projects hold, each content counted once.' }),
  gitlab: Type.Union([Type.Object({ ...GitLabSize.properties, why: Type.String() }), Type.Null()], {
    description:
      "GitLab's own number as of the last reconcile, and `why` it differs from ours. Null if the registry is not GitLab's with a metadata database, or was read from its storage.",
  }),
  lastEventAt: Instant,
  confidence: Type.String({ description: '`exact since …`; or since when events may be missing, and why.' }),
  gaps: Type.Array(Type.Object({ since: Instant, reason: Type.String() }), {
    description:
      'Times from which events may be missing, with reasons. A reconcile that begins later closes a gap.',
  }),
  lastReconcileAt: Instant,
  lastReconcile: Type.Union([ReconcileReport, Type.Null()]),
  reconciling: Type.Union(
    [
      Type.Object({
        readAt: Instant,
        repositories: Type.Integer(),
        of: Type.Union([Type.Integer(), Type.Null()], {
          description: 'How many there are. Null if that is not known before they are read.',
        }),
        after: Type.Union([Type.String(), Type.Null()]),
      }),
      Type.Null(),
    ],
    { description: 'The progress of an unfinished reconcile; null if there is none.' },
  ),
})

const WHY =
  'GitLab counts the layers that tagged manifests reference, once in each root namespace; uniqueBytes counts every content once in the registry, also manifests, configs and what is not tagged. GitLab removes untagged manifests after 24 hours by itself, and tells nobody.'

/** The registries with their confidence, and a way to reconcile one. */
export const registriesRoute =
  (deps: {
    registries: readonly { name: string; url: string; token?: string | undefined }[]
    index: UsageIndex
    instances: Instances
    ledger: Ledger
    queues: Queues
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { index, instances, ledger } = deps

    async function view({ name, url, token }: (typeof deps.registries)[number]) {
      const [projects, uniqueBytes, lastEventAt, status, run] = await Promise.all([
        index.projects(name),
        index.registryBytes(name),
        instances.lastEventAt(name),
        ledger.status(name),
        ledger.unfinishedRun(name),
      ])
      const { lastReport } = status
      return {
        ...{ name, url, state: stateOf(status, { run, isSource: token !== undefined }) },
        ...{ projects: projects.length, uniqueBytes, lastEventAt: formatTimestamp(lastEventAt) },
        gitlab: lastReport?.gitlab ? { ...lastReport.gitlab, why: WHY } : null,
        confidence: token === undefined ? 'target only: it sends no events' : confidenceOf(status),
        gaps: status.gaps.map(({ since, reason }) => ({ since: formatTimestamp(since), reason })),
        ...{ lastReconcileAt: lastReport?.finishedAt ?? null, lastReconcile: lastReport ?? null },
        reconciling: run
          ? {
              readAt: formatTimestamp(run.readAt),
              ...{ repositories: run.repositories, of: run.listed ?? null, after: run.after ?? null },
            }
          : null,
      }
    }

    app.get('/v1/registries', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['registries'],
        summary: 'All registries, and how far their numbers can be trusted',
        response: { 200: Type.Object({ registries: Type.Array(Registry) }), ...errors },
      },
      handler: async () => ({ registries: await Promise.all(deps.registries.map(view)) }),
    })

    app.post('/v1/registries/:name/reconcile', {
      onRequest: deps.roles.admin,
      schema: {
        tags: ['registries'],
        summary: 'Compare the index with a registry and mend the index',
        description:
          'Nothing in the registry changes. If more than half of what is read is missing, nothing is removed from the index, unless `acceptLoss` is true. `GET /v1/jobs/reconcile/:id` tells the progress and, at the end, the drift.',
        params: Type.Object({ name: Type.String() }),
        body: Type.Object(
          {
            dryRun: Type.Boolean({ default: false, description: 'Compare only; change nothing.' }),
            acceptLoss: Type.Boolean({
              default: false,
              description: 'Remove what is missing, even if a run holds it back.',
            }),
          },
          { additionalProperties: false },
        ),
        response: { 202: JobAsked, ...errors },
      },
      handler: async (request, reply) => {
        const { name } = request.params
        if (!deps.registries.some((registry) => registry.name === name)) {
          const names = deps.registries.map((registry) => registry.name).join(', ') || 'none'
          throw new HttpError(404, `no registry "${name}"; configured: ${names}`)
        }
        const { dryRun, acceptLoss } = request.body
        if (dryRun && acceptLoss) throw new HttpError(400, 'a dry run removes nothing: leave out acceptLoss')
        const id = await requestReconcile(deps, { registry: name, dryRun, acceptLoss })
        return reply.code(202).send({ job: { queue: 'reconcile', id } })
      },
    })
  }
