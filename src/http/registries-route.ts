import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { auditText, NOT_AUDITED } from '../delivery-audit/audit-text.ts'
import type { Audits } from '../delivery-audit/audits.ts'
import type { Instances } from '../events/instances.ts'
import type { Pulls } from '../events/pulls.ts'
import type { Refusals, RefusedSender } from '../events/refusals.ts'
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
import { registryNamed } from './registry-named.ts'
import type { Roles } from './roles.ts'

const instant = (description: string) =>
  Type.Union([Type.String({ format: 'date-time' }), Type.Null()], { description })
const errors = { '4xx': Problem, '5xx': Problem }

const Refused = Type.Object({
  reason: Type.String({
    description:
      '`tls`, `path`, `token`, `content-type`, `body`, `too-large`: stays until it is mended. `backlog`, `memory`, `unavailable`: passes.',
  }),
  from: Type.String({ description: 'The IP address of the sender, or of the proxy before this service.' }),
  detail: Type.String({ description: 'What was wrong and what is expected.' }),
  count: Type.Integer({ description: 'How many deliveries of this sender were refused for this reason.' }),
  lastAt: Type.String({ format: 'date-time', description: 'When the last one was refused.' }),
})

const refusedList = (description: string) =>
  Type.Array(Refused, {
    description: `${description} The newest first, up to five senders for each reason; as this process has seen it since its start. A registry sends nothing else before what was refused.`,
  })

const Registry = Type.Object({
  name: Type.String({ description: 'Its name in the configuration.' }),
  url: Type.String({ description: 'The URL of its API.' }),
  state: Type.String({
    description:
      '`read`; `reading, 120 of 3400 repositories` while it is read for the first time, and its numbers are too small; `not read yet`; `target only`: it sends no events.',
  }),
  projects: Type.Integer({ description: 'How many projects it has.' }),
  uniqueBytes: Type.Integer({ description: 'The bytes that its projects hold, each content counted once.' }),
  gitlab: Type.Union(
    [
      Type.Object({
        ...GitLabSize.properties,
        why: Type.String({ description: 'Why it differs from ours.' }),
      }),
      Type.Null(),
    ],
    {
      description:
        "GitLab's own number as of the last reconcile, and `why` it differs from ours. Null if the registry is not GitLab's with a metadata database, or was read from its storage.",
    },
  ),
  lastEventAt: instant('The time of the newest event. Null if there was none.'),
  confidence: Type.String({ description: '`exact since …`; or since when events may be missing, and why.' }),
  pulls: Type.String({
    description:
      '`pulls are heard since …`; or that the registry does not send its pulls, or may not, and what shows it. Time since last use means nothing then, and no rule about use applies (docs/usage.md, Pulls).',
  }),
  deliveries: Type.String({
    description:
      'How many of its events wait and were lost, by its own metrics (`GET /v1/registries/{name}/delivery-audit`); or that nobody asks them.',
  }),
  gaps: Type.Array(
    Type.Object({
      since: instant('From when events may be missing.'),
      reason: Type.String({ description: 'Why.' }),
      lost: Type.Union([Type.Integer(), Type.Null()], {
        description: 'How many events were lost. Null if that is not known.',
      }),
    }),
    {
      description:
        'Times from which events may be missing, with reasons. A reconcile that begins later closes a gap.',
    },
  ),
  refused: refusedList('Its deliveries that were refused.'),
  lastReconcileAt: instant('When the last reconcile ended. Null if there was none.'),
  lastReconcile: Type.Union([ReconcileReport, Type.Null()], {
    description: 'What it found and did. Null if there was none.',
  }),
  reconciling: Type.Union(
    [
      Type.Object({
        readAt: instant('The time as of which the index is made exact.'),
        repositories: Type.Integer({ description: 'How many repositories were read.' }),
        of: Type.Union([Type.Integer(), Type.Null()], {
          description: 'How many there are. Null if that is not known before they are read.',
        }),
        after: Type.Union([Type.String(), Type.Null()], {
          description: 'The last repository that was read. Null before the first.',
        }),
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
    registries: readonly { name: string; url: string; token?: string | undefined; metrics?: unknown }[]
    audits: Pick<Audits, 'state'>
    index: UsageIndex
    instances: Instances
    pulls: Pick<Pulls, 'of'>
    refusals: Refusals
    ledger: Ledger
    queues: Queues
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { index, instances, ledger } = deps
    const refusedOf = (registry: string | undefined) => deps.refusals.of(registry).map(shown)

    async function view({ name, url, token, metrics }: (typeof deps.registries)[number]) {
      const [projects, uniqueBytes, lastEventAt, status, run, pulls, audit] = await Promise.all([
        index.projects(name),
        index.registryBytes(name),
        instances.lastEventAt(name),
        ledger.status(name),
        ledger.unfinishedRun(name),
        deps.pulls.of(name),
        deps.audits.state(name),
      ])
      const { lastReport } = status
      return {
        ...{ name, url, state: stateOf(status, { run, isSource: token !== undefined }) },
        ...{ projects: projects.length, uniqueBytes, lastEventAt: formatTimestamp(lastEventAt) },
        gitlab: lastReport?.gitlab ? { ...lastReport.gitlab, why: WHY } : null,
        confidence: token === undefined ? 'target only: it sends no events' : confidenceOf(status),
        pulls: token === undefined ? 'target only: it sends no events' : pulls.reason,
        deliveries:
          token === undefined
            ? 'target only: it sends no events'
            : metrics === undefined
              ? NOT_AUDITED
              : auditText(audit, Date.now() * 1_000),
        gaps: status.gaps.map(({ since, reason, lost = null }) => ({
          ...{ since: formatTimestamp(since), reason, lost },
        })),
        refused: refusedOf(name),
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
        response: {
          200: Type.Object({
            registries: Type.Array(Registry, { description: 'All registries of the configuration.' }),
            refused: refusedList('Refused deliveries whose token is no registry’s.'),
          }),
          ...errors,
        },
      },
      handler: async () => ({
        registries: await Promise.all(deps.registries.map(view)),
        refused: refusedOf(undefined),
      }),
    })

    app.post('/v1/registries/:name/reconcile', {
      onRequest: deps.roles.admin,
      schema: {
        tags: ['registries'],
        summary: 'Compare the index with a registry and mend the index',
        description:
          'Nothing in the registry changes. If more than half of what is read is missing, nothing is removed from the index, unless `acceptLoss` is true. `GET /v1/jobs/reconcile/:id` tells the progress and, at the end, the drift.',
        params: Type.Object({ name: Registry.properties.name }),
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
        registryNamed(deps.registries, name)
        const { dryRun, acceptLoss } = request.body
        if (dryRun && acceptLoss) throw new HttpError(400, 'a dry run removes nothing: leave out acceptLoss')
        const id = await requestReconcile(deps, { registry: name, dryRun, acceptLoss })
        return reply.code(202).send({ job: { queue: 'reconcile', id } })
      },
    })
  }

const shown = ({ lastAt, ...sender }: RefusedSender) => ({
  ...sender,
  lastAt: new Date(lastAt).toISOString(),
})
