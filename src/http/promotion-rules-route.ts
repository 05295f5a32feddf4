import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { PromotionRule } from '../promotion/rule.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const Listed = Type.Object({
  name: Type.String({ description: 'Its name.' }),
  from: Type.String({ description: 'The registry that it copies from.' }),
  to: Type.String({ description: 'The registry that it copies to.' }),
  when: Type.Enum(['push', 'request'], {
    description: '`push`: it copies what is pushed, and what somebody asks for. `request`: only that.',
  }),
  gates: Type.Array(Type.String(), { description: 'The types of its gates. All of them must be open.' }),
})

/** The promotion rules, so that people can choose one. Which repositories they are about is not told: these may be of others. */
export const promotionRulesRoute =
  (deps: {
    /** As configured now: a reload may change it. */
    rules: () => readonly PromotionRule[]
    roles: Roles
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/promotions/rules', {
      onRequest: deps.roles.within('read'),
      schema: {
        tags: ['promotion'],
        summary: 'The promotion rules, as configured now',
        response: {
          200: Type.Object({
            rules: Type.Array(Listed, { description: 'In the order of the configuration.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async () => ({
        rules: deps.rules().map(({ name, from, to, when, gates }) => ({
          ...{ name, when, from: from.registry, to: to.registry },
          gates: gates.map(({ type }) => type),
        })),
      }),
    })
  }
