import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { FailedJobs } from '../queue/failed-jobs.ts'
import { QUEUE_NAMES, type QueueName } from '../queue/jobs.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const Queue = Type.Object({ queue: Type.Enum([...QUEUE_NAMES], { description: 'The name of the queue.' }) })
const JobId = Type.String({ description: 'The id of the job.' })
const One = Type.Object({ ...Queue.properties, id: JobId })
const DiscardedJobs = Type.Object({ discarded: Type.Integer({ description: 'How many jobs were deleted.' }) })
const tags = ['jobs']

const Losing = Type.Object(
  { loseEvents: Type.Boolean({ default: false, description: 'Must be true for the queue `events`.' }) },
  { additionalProperties: false },
)

/** Jobs that have failed for good: retry them once the cause is gone, or discard them. */
export const failedJobsRoute =
  ({ failedJobs, roles }: { failedJobs: FailedJobs; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.post('/v1/jobs/:queue/:id/retry', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Retry a failed job',
        description: 'It gets all of its attempts again.',
        params: One,
        response: { 202: Type.Object({ id: JobId }), ...errors },
      },
      handler: async ({ params: { queue, id } }, reply) => {
        if ((await failedJobs.retry(queue, [id])) === 0) throw missing(queue, id)
        return reply.code(202).send({ id })
      },
    })

    app.post('/v1/jobs/:queue/failed/retry', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Retry all failed jobs of a queue',
        params: Queue,
        response: {
          202: Type.Object({ retried: Type.Integer({ description: 'How many jobs run again.' }) }),
          ...errors,
        },
      },
      handler: async ({ params: { queue } }, reply) =>
        reply.code(202).send({ retried: await failedJobs.retryAll(queue) }),
    })

    app.delete('/v1/jobs/:queue/:id', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Discard a failed job',
        params: One,
        querystring: Losing,
        response: { 200: DiscardedJobs, ...errors },
      },
      handler: async ({ params: { queue, id }, query, log }) => {
        assertMayLose(queue, query.loseEvents)
        const discarded = await failedJobs.discard(queue, [id])
        if (discarded === 0) throw missing(queue, id)
        log.info({ queue, job: id }, 'failed job discarded')
        return { discarded }
      },
    })

    app.delete('/v1/jobs/:queue/failed', {
      onRequest: roles.admin,
      schema: {
        tags,
        summary: 'Discard all failed jobs of a queue',
        params: Queue,
        querystring: Losing,
        response: { 200: DiscardedJobs, ...errors },
      },
      handler: async ({ params: { queue }, query, log }) => {
        assertMayLose(queue, query.loseEvents)
        const discarded = await failedJobs.discardAll(queue)
        log.info({ queue, discarded }, 'failed jobs discarded')
        return { discarded }
      },
    })
  }

const missing = (queue: QueueName, id: string) =>
  new HttpError(404, `no failed job "${id}" in queue ${queue}: GET /v1/jobs/${queue}/failed lists them`)

/** @throws HttpError if acknowledged events would be lost and `loseEvents` is not set. */
function assertMayLose(queue: QueueName, loseEvents: boolean): void {
  if (queue === 'events' && !loseEvents)
    throw new HttpError(
      409,
      'jobs of the queue events hold events that were acknowledged to a registry: retry them, or discard them with loseEvents=true',
    )
}
