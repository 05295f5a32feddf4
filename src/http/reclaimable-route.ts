import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { UsageIndex } from '../usage/usage-index.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'
import type { InTurn } from './turns.ts'
import { unknownProject } from './unknown-project.ts'

/** The bytes that a deletion would free, before anybody deletes. */
export const reclaimableRoute =
  ({
    index,
    roles,
    inTurn,
  }: {
    index: UsageIndex
    roles: Roles
    inTurn: InTurn
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/projects/:id/reclaimable', {
      onRequest: roles.project('read'),
      schema: {
        tags: ['usage'],
        summary:
          'The bytes that deleting a tag, a manifest or a repository would free at the next garbage collection',
        params: Type.Object({ id: Type.String({ description: 'registry/path, URL-encoded' }) }),
        querystring: Type.Object({
          repository: Type.String({ description: 'The name of the repository in the registry.' }),
          tag: Type.Optional(
            Type.String({
              description: 'Delete this tag. Without `tag` and `digest`: the whole repository.',
            }),
          ),
          digest: Type.Optional(Type.String({ description: 'Delete this manifest with all of its tags.' })),
        }),
        response: {
          200: Type.Object({
            reclaimableBytes: Type.Integer({
              minimum: 0,
              description: 'What the next garbage collection would free.',
            }),
            manifests: Type.Array(Type.String(), {
              description: 'The digests that would go. Empty if another tag or an index needs the manifest.',
            }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async (request) => {
        const { repository, tag, digest } = request.query
        if (tag !== undefined && digest !== undefined)
          throw new HttpError(400, 'both tag and digest were given: expected at most one of them')
        const target = {
          repository,
          ...(tag !== undefined && { tag }),
          ...(digest !== undefined && { digest }),
        }
        if ((await index.usage(request.params.id)) === undefined) throw unknownProject(request.params.id)
        const found = await inTurn(() => index.reclaimable(request.params.id, target))
        if (found === undefined) {
          const name = `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
          throw new HttpError(404, `${request.params.id} has no ${name}`)
        }
        return { reclaimableBytes: found.bytes, manifests: found.manifests }
      },
    })
  }
