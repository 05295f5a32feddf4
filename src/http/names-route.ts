import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Config } from '../config/schema.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const names = (description: string) => Type.Array(Type.String(), { description })

const Names = Type.Object({
  registries: names('The registries.'),
  groups: names('The groups of projects with a quota.'),
  channels: names('The channels of alerts.'),
  expiryPolicies: names('The expiry policies.'),
  promotionRules: names('The rules of promotion.'),
})

/** What the configuration names, for those who have to give such a name. */
export const namesRoute =
  ({
    config,
    roles,
  }: {
    config: Pick<Config, 'registries' | 'quotas' | 'alerts' | 'expiry' | 'promotion'>
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/names', {
      onRequest: roles.read,
      schema: {
        tags: ['health'],
        summary: 'The names in the configuration',
        response: { 200: Names, '4xx': Problem, '5xx': Problem },
      },
      handler: async () => ({
        registries: Object.keys(config.registries),
        groups: config.quotas.flatMap((quota) => ('group' in quota ? quota.group : [])),
        channels: config.alerts.channels.map(({ name }) => name),
        expiryPolicies: config.expiry.policies.map(({ name }) => name),
        promotionRules: config.promotion.rules.map(({ name }) => name),
      }),
    })
  }
