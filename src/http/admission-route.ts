import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Admit, ProxiedRequest } from '../quota/admission.ts'
import { HttpError, Problem } from './problem.ts'

/** The error body of registries (OCI distribution-spec, Error Codes). Clients show the message. */
const RegistryErrors = Type.Object({
  errors: Type.Array(
    Type.Object({
      code: Type.String({ description: '`DENIED`.' }),
      message: Type.String({ description: 'Why, for people.' }),
    }),
    { description: 'One error.' },
  ),
})

/** Where a proxy that drops the body of an answer finds it. */
const ANSWER_HEADER = 'tallyman-denied'

/** Whether a request may go on to a registry, for a proxy in front of it (docs/admission.md). */
export const admissionRoute =
  (deps: {
    /** `undefined` if quotas refuse no push. */
    admit: Admit | undefined
    /** Resolves once a request may go on, for registries that are collected behind this proxy. */
    pass: (request: ProxiedRequest) => Promise<void>
    /** Registries whose requests `pass` holds back. */
    gated: ReadonlySet<string>
    registryOf: (authorization: string | undefined) => string | undefined
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    app.get('/v1/admission', {
      schema: {
        tags: ['quotas'],
        summary: 'Whether a request may go on to its registry',
        description:
          'For a proxy in front of a registry. The token is that of the notifications of the registry. Answered from memory, but for a registry that is collected behind the proxy: then the answer waits while a collection takes blobs away, some seconds at most.',
        headers: Type.Object({
          'x-original-method': Type.String({
            minLength: 1,
            description: 'The method of the request that the proxy received.',
          }),
          'x-original-uri': Type.String({
            minLength: 1,
            description: 'Its target, as the client sent it.',
          }),
        }),
        response: {
          204: Type.Null({ description: 'It may go on.' }),
          403: RegistryErrors,
          '4xx': Problem,
          '5xx': Problem,
        },
      },
      onRequest: async ({ headers }, reply) => {
        const registry = deps.registryOf(headers.authorization)
        if (deps.admit === undefined && (registry === undefined || !deps.gated.has(registry)))
          throw new HttpError(404, 'admission is off: set admission.enabled (docs/admission.md)')
        if (registry !== undefined) return
        void reply.header('www-authenticate', 'Bearer')
        throw new HttpError(401, 'expected "Authorization: Bearer" with the token of a registry')
      },
      handler: async ({ headers }, reply) => {
        const registry = deps.registryOf(headers.authorization)
        if (registry === undefined) throw new Error('onRequest lets none in')
        const request = { registry, method: headers['x-original-method'], uri: headers['x-original-uri'] }
        if (deps.gated.has(registry)) await deps.pass(request)
        const admission = deps.admit?.(request) ?? { is: 'admitted' }
        if (admission.is === 'unavailable') throw new HttpError(503, admission.why)
        void reply.header('cache-control', 'no-store')
        if (admission.is === 'admitted') return reply.code(204).send(null)
        const body = { errors: [{ code: 'DENIED', message: admission.why }] }
        return reply.code(403).header(ANSWER_HEADER, JSON.stringify(body)).send(body)
      },
    })
  }
