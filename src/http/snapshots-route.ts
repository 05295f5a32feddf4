import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import { createdAtOf, listSnapshots, SnapshotInfo } from '../snapshot/snapshot-key.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }

/** Lists snapshots and adds jobs that write and restore them. `GET /v1/jobs/snapshot/:id` tells a job's progress. */
export const snapshotsRoute =
  ({
    store,
    queues,
    roles,
  }: {
    store: ObjectStore
    queues: Queues
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const keyToRestore = async (asked: string | undefined): Promise<string> => {
      if (asked === undefined) {
        const [newest] = await listSnapshots(store)
        if (newest === undefined) throw new HttpError(404, 'there is no snapshot yet')
        return newest.key
      }
      if (createdAtOf(asked) === undefined || (await store.head(asked)) === undefined)
        throw new HttpError(404, `there is no snapshot "${asked}": GET /v1/snapshots lists them`)
      return asked
    }

    app.get('/v1/snapshots', {
      onRequest: roles.read,
      schema: {
        tags: ['snapshots'],
        summary: 'Snapshots of the index, newest first',
        response: {
          200: Type.Object({ snapshots: Type.Array(SnapshotInfo, { description: 'The snapshots.' }) }),
          ...errors,
        },
      },
      handler: async () => ({ snapshots: await listSnapshots(store) }),
    })

    app.post('/v1/snapshots', {
      onRequest: roles.admin,
      schema: {
        tags: ['snapshots'],
        summary: 'Write a snapshot now',
        description:
          'Once it is complete, older snapshots are deleted; `snapshots.keep` of the configuration says how many stay.',
        response: { 202: JobAsked, ...errors },
      },
      handler: async (_, reply) => {
        const { id = '' } = await queues.snapshot.add('snapshot', { kind: 'write' })
        return reply.code(202).send({ job: { queue: 'snapshot', id } })
      },
    })

    app.post('/v1/snapshots/restore', {
      onRequest: roles.admin,
      schema: {
        tags: ['snapshots'],
        summary: 'Restore a snapshot into an empty index',
        description:
          'The newest, unless `key` names another. The job fails if the index is not empty, ' +
          'unless an unfinished restore of the same snapshot filled it.',
        body: Type.Object(
          { key: Type.Optional(Type.String({ description: 'The key of a snapshot. Default: the newest.' })) },
          { additionalProperties: false },
        ),
        response: {
          202: Type.Intersect([
            JobAsked,
            Type.Object({ key: Type.String({ description: 'The snapshot that is restored.' }) }),
          ]),
          ...errors,
        },
      },
      handler: async (request, reply) => {
        const key = await keyToRestore(request.body.key)
        const { id = '' } = await queues.snapshot.add('snapshot', { kind: 'restore', key })
        return reply.code(202).send({ job: { queue: 'snapshot', id }, key })
      },
    })
  }
