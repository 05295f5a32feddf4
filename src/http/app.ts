import { createServer } from 'node:http'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { type FastifyInstance, type FastifyPluginAsync, fastify, LogController } from 'fastify'
import type { Logger } from '../platform/log.ts'
import type { DirectDeliveries } from './direct-deliveries.ts'
import { HttpError, type ProblemOf, sendProblem } from './problem.ts'

/** How long a request may take to come in, in ms; a registry gives up after a second. */
const REQUEST_MS = 20_000

/** How long a connection may be idle between requests, in ms. */
export const KEEP_ALIVE_MS = 72_000

/** The HTTP side: each capability's routes are a plugin; errors, documentation and limits are here. */
export async function buildApp(options: {
  log: Logger
  bodyLimit: number
  problemOf: ProblemOf
  direct?: Pick<DirectDeliveries, 'attach' | 'close'>
  routes: readonly FastifyPluginAsync[]
}): Promise<FastifyInstance> {
  const app = fastify({
    serverFactory: (handle) => {
      // What trickles in must not hold a connection for ever. Node looks every 30 s unless told.
      const times = {
        requestTimeout: REQUEST_MS,
        connectionsCheckingInterval: 2_000,
        keepAliveTimeout: KEEP_ALIVE_MS,
      }
      const server = createServer(times, handle)
      options.direct?.attach(server)
      return server
    },
    loggerInstance: options.log,
    // One line a request would be one line an event: failures are logged where they happen.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    // A key that means nothing is refused: dropped, as by default, a misspelt `dryRun` would be a real run.
    ajv: { customOptions: { removeAdditional: false } },
    // Up to 255 characters of repository and a registry's name, URL-encoded.
    routerOptions: { maxParamLength: 1_000 },
  }).withTypeProvider<TypeBoxTypeProvider>()

  const tooLarge = new HttpError(413, `the body is larger than server.bodyLimit, ${options.bodyLimit} bytes`)
  app.addHook('preClose', async () => options.direct?.close())
  app.setErrorHandler((error: Error, request, reply) => {
    const { status, detail } = options.problemOf(isTooLarge(error) ? tooLarge : error, request)
    return sendProblem(reply, status, detail)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 404, `no route ${request.method} ${request.url}`),
  )
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tallyman',
        version: '0.1.0',
        description: 'Who uses how much of a container registry.',
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
      security: [{ bearer: [] }],
    },
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  for (const route of options.routes) await app.register(route)
  await app.ready()
  return app as unknown as FastifyInstance
}

const isTooLarge = (error: Error) => 'code' in error && error.code === 'FST_ERR_CTP_BODY_TOO_LARGE'
