import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { JobStatus } from '../queue/job-status.ts'
import { QUEUE_NAMES } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const QueueParam = Type.Enum([...QUEUE_NAMES])
const errors = { '4xx': Problem, '5xx': Problem }

const QueueCounts = Type.Object({
  queue: QueueParam,
  ...{ waiting: Type.Integer(), active: Type.Integer(), delayed: Type.Integer(), failed: Type.Integer() },
})

const Job = Type.Object({
  ...JobStatus.properties,
  data: Type.Unknown({ description: 'What the job has to do.' }),
})

/** The progress of a job, and the number of jobs. */
export const jobsRoute =
  ({ queues, roles }: { queues: Queues; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/jobs', {
      onRequest: roles.read,
      schema: {
        tags: ['jobs'],
        summary: 'The number of jobs in each queue, by state',
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

    app.get('/v1/jobs/:queue/:id', {
      onRequest: roles.read,
      schema: {
        tags: ['jobs'],
        summary: 'The state, progress and data of a job',
        description:
          'Done jobs of `alerts`, `snapshot` and `reconcile` are kept for a day, those of other queues are not kept.',
        params: Type.Object({ queue: QueueParam, id: Type.String() }),
        response: { 200: Job, ...errors },
      },
      handler: async (request) => {
        const { queue, id } = request.params
        // Read the state first, so that a caller who sees `completed` also sees the result.
        const state = await queues[queue].getJobState(id)
        const job = await queues[queue].getJob(id)
        if (job === undefined) throw new HttpError(404, `no job "${id}" in queue ${queue}`)
        const { attemptsMade, progress, failedReason, returnvalue } = job
        return {
          ...{ id, state, attempts: attemptsMade, progress },
          ...{ failedReason: failedReason ?? null, result: returnvalue ?? null },
          data: job.data,
        }
      },
    })
  }
