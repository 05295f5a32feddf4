import { createServer } from 'node:http'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { type FastifyInstance, type FastifyPluginAsync, fastify, LogController } from 'fastify'
import type { Logger } from '../platform/log.ts'
import type { TakeDelivery } from './deliveries.ts'
import { DirectRequest } from './direct-request.ts'
import { EVENTS_PATH } from './events-route.ts'
import { type ProblemOf, sendProblem } from './problem.ts'

/** How long a request may take to come in, in ms; a registry gives up after a second. */
const REQUEST_MS = 20_000

/** The HTTP side: each capability's routes are a plugin; errors, documentation and limits are here. */
export async function buildApp(options: {
  log: Logger
  bodyLimit: number
  problemOf: ProblemOf
  takeDelivery: TakeDelivery
  routes: readonly FastifyPluginAsync[]
}): Promise<FastifyInstance> {
  let isClosing = false
  const app = fastify({
    serverFactory: (handle) =>
      createServer(
        // What trickles in must not hold a connection for ever. Node looks every 30 s unless told.
        {
          ...{ requestTimeout: REQUEST_MS, connectionsCheckingInterval: 2_000, keepAliveTimeout: 72_000 },
          IncomingMessage: DirectRequest,
        },
        (request, response) => {
          const isDelivery = request.url === EVENTS_PATH && request.method === 'POST' && !isClosing
          if (isDelivery) options.takeDelivery(request, response)
          else handle(request, response)
        },
      ),
    loggerInstance: options.log,
    // One line a request would be one line an event: failures are logged where they happen.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    // A key that means nothing is refused: dropped, as by default, a misspelt `dryRun` would be a real run.
    ajv: { customOptions: { removeAdditional: false } },
    // Up to 255 characters of repository and a registry's name, URL-encoded.
    routerOptions: { maxParamLength: 1_000 },
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.addHook('preClose', async () => {
    isClosing = true
  })
  app.setErrorHandler((error: Error, request, reply) => {
    const { status, detail } = options.problemOf(error, request)
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
