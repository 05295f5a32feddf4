import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Config } from '../config/schema.ts'
import { writePolicy } from '../config/write-policy.ts'
import { makeGlob } from '../platform/glob.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const Listed = Type.Object({
  name: Type.String({ description: 'Its name.' }),
  registries: Type.Array(Type.String(), { description: 'The registries that it cleans.' }),
  mode: Type.Enum(['plan', 'apply'], { description: 'Whether it only plans, or also deletes.' }),
  policy: Type.Unknown({
    description:
      'The policy as it could stand in `expiry.policies`, with defaults. Of a policy of another system, without its document.',
  }),
})

/** The configured expiry policies. */
export const expiryPoliciesRoute =
  (deps: {
    /** As configured now: a reload may change it. */
    policies: () => Config['expiry']['policies']
    /** The configured names. */
    registries: () => readonly string[]
    /** The ids of the projects of a registry. */
    projects: (registry: string) => Promise<readonly string[]>
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/expiry/policies', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['expiry'],
        summary: 'The expiry policies, as configured now',
        description: 'A token for some projects sees those that are about one of its projects.',
        response: {
          200: Type.Object({
            policies: Type.Array(Listed, { description: 'In the order of the configuration.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async ({ access }) => {
        const seen = new Map<string, string[]>()
        for (const registry of access.seesAll ? [] : deps.registries())
          seen.set(registry, (await deps.projects(registry)).filter(access.sees))
        const policies = deps.policies().flatMap((policy) => {
          const registries = deps
            .registries()
            .filter(makeGlob(policy.match.registry))
            .filter((name) => access.seesAll || seen.get(name)?.some(makeGlob(policy.match.project)))
          if (registries.length === 0) return []
          return [{ name: policy.name, registries, mode: policy.mode, policy: writePolicy(policy) }]
        })
        return { policies }
      },
    })
  }
