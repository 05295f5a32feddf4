import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { type Access, coversAll } from '../access/access.ts'
import { countJobs } from '../queue/count-jobs.ts'
import { findJob } from '../queue/find-job.ts'
import { JobStatus } from '../queue/job-status.ts'
import { QUEUE_NAMES, type QueueName } from '../queue/jobs.ts'
import { type ListedState, listJobs } from '../queue/list-jobs.ts'
import { nextRunOf } from '../queue/next-run.ts'
import type { Queues } from '../queue/queues.ts'
import { decodeCursor, encodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'

const QueueParam = Type.Enum([...QUEUE_NAMES], { description: 'The name of the queue.' })
const errors = { '4xx': Problem, '5xx': Problem }

const NextRunAt = Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
  description: 'When the delayed job, or the next of them, runs at the earliest. Null if none is delayed.',
})

const QueueCounts = Type.Object({
  queue: QueueParam,
  waiting: Type.Integer({ description: 'Jobs whose turn has not come.' }),
  active: Type.Integer({ description: 'Jobs in hand.' }),
  delayed: Type.Integer({ description: 'Jobs that run later.' }),
  failed: Type.Integer({ description: 'Jobs that failed for good.' }),
  nextRunAt: NextRunAt,
})

const Job = Type.Object({
  ...JobStatus.properties,
  data: Type.Unknown({ description: 'What the job has to do.' }),
})

const ListedJob = Type.Object({
  id: JobStatus.properties.id,
  attempts: Type.Integer({ description: 'The number of attempts that have ended.' }),
  failedReason: Type.Union([Type.String(), Type.Null()], {
    description: 'Why the last attempt failed; null if none did.',
  }),
  failedAt: Type.Union([Type.String(), Type.Null()], { description: 'When it failed for good.' }),
  nextRunAt: NextRunAt,
  data: Job.properties.data,
})

const LISTS: Record<(typeof LISTED_STATES)[number], string> = {
  failed: 'Failed jobs of a queue, newest first',
  delayed: 'Jobs of a queue that run later, the next one first',
}
const LISTED_STATES = ['failed', 'delayed'] as const satisfies ListedState[]

/** The progress of a job, the number of jobs, and the jobs that failed or wait for a time. */
export const jobsRoute =
  (deps: {
    queues: Queues
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: Place) => string
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { queues, roles } = deps

    app.get('/v1/jobs', {
      onRequest: roles.read,
      schema: {
        tags: ['jobs'],
        summary: 'The number of jobs in each queue, by state',
        response: {
          200: Type.Object({ queues: Type.Array(QueueCounts, { description: 'All queues.' }) }),
          ...errors,
        },
      },
      handler: async () => ({
        queues: await Promise.all(
          QUEUE_NAMES.map(async (queue) => {
            const [counts, [next]] = await Promise.all([
              countJobs(queues[queue]),
              queues[queue].getDelayed(0, 0),
            ])
            const nextRunAt = next === undefined ? null : new Date(nextRunOf(next)).toISOString()
            return { queue, ...counts, nextRunAt }
          }),
        ),
      }),
    })

    for (const state of LISTED_STATES)
      app.get(`/v1/jobs/:queue/${state}`, {
        onRequest: roles.read,
        schema: {
          tags: ['jobs'],
          summary: LISTS[state],
          description:
            '`total` counts all of them. A page has fewer than `limit` if their data is large. While jobs come and go, a job ' +
            'may be on two pages, or on none.',
          params: Type.Object({ queue: QueueParam }),
          querystring: pageQuery({}),
          response: {
            200: pageOf({
              total: Type.Integer({ description: 'How many there are on all pages.' }),
              jobs: Type.Array(ListedJob, { description: 'The jobs of the page.' }),
            }),
            ...errors,
          },
        },
        handler: async ({ params: { queue }, query: { limit, cursor } }) => {
          const from = decodeCursor(Type.Integer({ minimum: 0 }), cursor) ?? 0
          const [total, { jobs, next }] = await Promise.all([
            queues[queue].getJobCountByTypes(state),
            deps.inTurn(() => listJobs(queues, { queue, state, from, limit })),
          ])
          return {
            total,
            jobs: jobs.map((job) => ({
              id: job.id ?? '',
              attempts: job.attemptsMade,
              failedReason: job.failedReason ?? null,
              failedAt: state === 'failed' && job.finishedOn ? new Date(job.finishedOn).toISOString() : null,
              nextRunAt: state === 'delayed' ? new Date(nextRunOf(job)).toISOString() : null,
              data: job.data,
            })),
            next: next === undefined ? null : encodeCursor(next),
          }
        },
      })

    app.get('/v1/jobs/:queue/:id', {
      onRequest: roles.within('read'),
      schema: {
        tags: ['jobs'],
        summary: 'The state, progress and data of a job',
        description:
          'Done jobs of `alerts`, `outgoing`, `promotion`, `expiry`, `snapshot` and `reconcile` are kept for a day, those of other queues are not kept.',
        params: Type.Object({ queue: QueueParam, id: JobStatus.properties.id }),
        response: { 200: Job, ...errors },
      },
      handler: async (request) => {
        const { queue, id } = request.params
        const found = await findJob(queues, queue, id)
        if (found === undefined || !isSeen(request.access, queue, found.job.data, deps.projectIdOf))
          throw new HttpError(404, `no job "${id}" in queue ${queue}`)
        const { job, state } = found
        const { attemptsMade, progress, failedReason, returnvalue } = job
        return {
          ...{ id, state, attempts: attemptsMade, progress },
          // BullMQ keeps the reason of an attempt that failed before the one that succeeded.
          failedReason: state === 'completed' ? null : (failedReason ?? null),
          result: returnvalue ?? null,
          data: job.data,
        }
      },
    })
  }

interface Place {
  registry: string
  repository: string
}

/**
 * Promotions of its projects are seen, and runs of expiry that are limited to these. The result of a repair tells where the copy
 * was: of one that looked for it, that may be a project of others.
 */
function isSeen(access: Access, queue: QueueName, data: object, projectIdOf: (place: Place) => string) {
  const { project, projects, from } = data as { project?: string; projects?: string[]; from?: Place }
  if (queue === 'expiry') return coversAll(access, projects)
  if (queue === 'integrity' && !access.sees(from && projectIdOf(from))) return false
  return access.sees(queue === 'promotion' || queue === 'integrity' ? project : undefined)
}
