import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Finding } from '../doctor/finding.ts'
import { Problem } from './problem.ts'
import type { Roles } from './roles.ts'

/** What is wrong with this installation, and what to do about it. */
export const doctorRoute =
  (deps: { diagnose: () => Promise<Finding[]>; roles: Roles }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/doctor', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['health'],
        summary: 'What is wrong with this installation, and what to do about it',
        description:
          'Tries all that the configuration names, from this process, which may take half a minute. No registry is changed and nothing is sent to a channel: it asks for deletes and pushes that no registry can do. In the store an object is written and removed. Findings are up to 10 s old.',
        response: {
          200: Type.Object({
            ok: Type.Boolean({ description: 'Whether no finding is an error.' }),
            findings: Type.Array(Finding, { description: 'What was found, also what is in order.' }),
          }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      handler: async () => {
        const findings = await deps.diagnose()
        return { ok: findings.every(({ level }) => level !== 'error'), findings }
      },
    })
  }
