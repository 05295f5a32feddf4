import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { UsageIndex } from '../usage/usage-index.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** What a deletion would free, before anybody deletes. */
export const reclaimableRoute =
  ({ index, roles }: { index: UsageIndex; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/projects/:id/reclaimable', {
      onRequest: roles.read,
      schema: {
        tags: ['usage'],
        summary: 'What deleting a tag, a manifest or a repository would free at the next garbage collection',
        params: Type.Object({ id: Type.String({ description: 'registry/path, URL-encoded' }) }),
        querystring: Type.Object({
          repository: Type.String({ description: 'Its name in the registry.' }),
          tag: Type.Optional(
            Type.String({ description: 'This tag; without tag and digest: the repository.' }),
          ),
          digest: Type.Optional(Type.String({ description: 'This manifest, with all its tags.' })),
        }),
        response: {
          200: Type.Object({
            reclaimableBytes: Type.Integer({ minimum: 0 }),
            manifests: Type.Array(Type.String(), {
              description: 'Digests that would go: none where another tag or an index needs the manifest.',
            }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async (request) => {
        const { repository, tag, digest } = request.query
        if (tag !== undefined && digest !== undefined)
          throw new HttpError(400, 'tag and digest were both given: expected one of them, or neither')
        const target = {
          repository,
          ...(tag !== undefined && { tag }),
          ...(digest !== undefined && { digest }),
        }
        const found = await index.reclaimable(request.params.id, target)
        if (found === undefined) {
          const name = `${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
          throw new HttpError(404, `${request.params.id} has no ${name}`)
        }
        return { reclaimableBytes: found.bytes, manifests: found.manifests }
      },
    })
  }
