import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { mayDoEverywhere } from '../access/access.ts'
import { parseImageName } from '../expiry/image-name.ts'
import type { FindMatches } from '../promotion/match.ts'
import { isDigest } from '../registry/digest.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** Where an image may be promoted to, before anybody asks for it. */
export const promotionTargetsRoute =
  (deps: {
    match: FindMatches
    /** Those that are configured. */
    registries: readonly { name: string; type: 'registry' | 'cache' }[]
    /** The project of a repository, `registry/path`. */
    projectIdOf: (place: { registry: string; repository: string }) => string
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/promotions/targets', {
      onRequest: deps.roles.within('ask'),
      schema: {
        tags: ['promotion'],
        summary: 'Where an image can be promoted to: by which rules, and to which registries without a rule',
        description: 'Asks no registry: neither whether the image is there, nor what the target has.',
        querystring: Type.Object({
          image: Type.String({ description: '`registry/repository:tag`, or `registry/repository@digest`.' }),
        }),
        response: {
          200: Type.Object({
            rules: Type.Array(
              Type.Object({
                rule: Type.String({ description: 'The name of the rule.' }),
                registry: Type.String({ description: 'The registry to which it copies.' }),
                name: Type.String({ description: 'The name that the image gets there, `repository:tag`.' }),
                when: Type.Enum(['push', 'request'], {
                  description: 'Whether it copies what is pushed, or only what somebody asks for.',
                }),
                gates: Type.Array(Type.String(), {
                  description: 'The types of the gates that must be open.',
                }),
                overwrite: Type.Enum(['never', 'always', 'newer'], {
                  description: 'Whether a tag of the target that names another image is moved.',
                }),
              }),
              { description: 'The rules that copy this image. None for a digest: rules are about tags.' },
            ),
            registries: Type.Array(Type.String(), {
              description:
                'Registries to which it can be copied without a rule. None unless who asks has `admin` over all projects.',
            }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access, query }) => {
        const image = parseImageName(query.image)
        if (image === undefined)
          throw new HttpError(
            400,
            `"${query.image}" is not an image: expected registry/repository:tag or registry/repository@digest`,
          )
        if (!access.sees(deps.projectIdOf(image)))
          throw new HttpError(404, `there is no image ${query.image} in its registry`)
        const { registry, repository, reference } = image
        const matches = isDigest(reference) ? [] : deps.match({ registry, repository, tag: reference })
        const isFree = mayDoEverywhere(access, 'admin')
        return {
          rules: matches.map(({ rule, to }) => ({
            ...{
              rule: rule.name,
              registry: to.registry,
              name: `${to.repository}:${to.tag}`,
              when: rule.when,
            },
            ...{ gates: rule.gates.map(({ type }) => type), overwrite: rule.overwrite },
          })),
          registries: isFree
            ? deps.registries.flatMap(({ name, type }) => (type === 'cache' ? [] : [name]))
            : [],
        }
      },
    })
  }
