import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { JobStatus } from '../queue/job-status.ts'
import { QUEUE_NAMES } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const QueueParam = Type.Enum([...QUEUE_NAMES])
const errors = { '4xx': Problem, '5xx': Problem }

const FailedJob = Type.Object({
  id: Type.String(),
  attempts: Type.Integer(),
  failedReason: Type.String(),
  failedAt: Type.Union([Type.String(), Type.Null()]),
  data: Type.Unknown(),
})

const QueueCounts = Type.Object({
  queue: QueueParam,
  ...{ waiting: Type.Integer(), active: Type.Integer(), delayed: Type.Integer(), failed: Type.Integer() },
})

/** How far a job is; and jobs that were given up: to look at, and to try again once their cause is mended. */
export const jobsRoute =
  ({ queues, roles }: { queues: Queues; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/jobs', {
      onRequest: roles.read,
      schema: {
        tags: ['jobs'],
        summary: 'How many jobs each queue has, by state',
        response: { 200: Type.Object({ queues: Type.Array(QueueCounts) }), ...errors },
      },
      handler: async () => ({
        queues: await Promise.all(
          QUEUE_NAMES.map(async (queue) => {
            const counts = await queues[queue].getJobCounts('waiting', 'active', 'delayed', 'failed')
            const { waiting = 0, active = 0, delayed = 0, failed = 0 } = counts
            return { queue, waiting, active, delayed, failed }
          }),
        ),
      }),
    })

    app.get('/v1/jobs/:queue/failed', {
      onRequest: roles.read,
      schema: {
        tags: ['jobs'],
        summary: 'Failed jobs of a queue, newest first',
        params: Type.Object({ queue: QueueParam }),
        querystring: Type.Object({ limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100 }) }),
        response: { 200: Type.Object({ jobs: Type.Array(FailedJob) }), ...errors },
      },
      handler: async (request) => {
        const jobs = await queues[request.params.queue].getFailed(0, request.query.limit - 1)
        return {
          jobs: jobs.map((job) => ({
            id: job.id ?? '',
            attempts: job.attemptsMade,
            failedReason: job.failedReason,
            failedAt: job.finishedOn ? new Date(job.finishedOn).toISOString() : null,
            data: job.data,
          })),
        }
      },
    })

    app.get('/v1/jobs/:queue/:id', {
      onRequest: roles.read,
      schema: {
        tags: ['jobs'],
        summary: 'How far a job is',
        description: 'Done jobs of `snapshot` are kept for a day; those of most queues vanish.',
        params: Type.Object({ queue: QueueParam, id: Type.String() }),
        response: { 200: JobStatus, ...errors },
      },
      handler: async (request) => {
        const { queue, id } = request.params
        // The state first: whoever sees `completed` is to see the result as well.
        const state = await queues[queue].getJobState(id)
        const job = await queues[queue].getJob(id)
        if (job === undefined) throw new HttpError(404, `no job "${id}" in queue ${queue}`)
        const { attemptsMade, progress, failedReason, returnvalue } = job
        return {
          ...{ id, state, attempts: attemptsMade, progress },
          ...{ failedReason: failedReason ?? null, result: returnvalue ?? null },
        }
      },
    })

    app.post('/v1/jobs/:queue/:id/retry', {
      onRequest: roles.admin,
      schema: {
        tags: ['jobs'],
        summary: 'Try a failed job again',
        params: Type.Object({ queue: QueueParam, id: Type.String() }),
        response: { 202: Type.Object({ id: Type.String() }), ...errors },
      },
      handler: async (request, reply) => {
        const { queue, id } = request.params
        const job = await queues[queue].getJob(id)
        if (job === undefined || !(await job.isFailed()))
          throw new HttpError(404, `no failed job "${id}" in queue ${queue}`)
        await job.retry()
        return reply.code(202).send({ id })
      },
    })
  }
