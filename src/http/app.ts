import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { type FastifyInstance, type FastifyPluginAsync, fastify, LogController } from 'fastify'
import type { Logger } from '../platform/log.ts'
import { makeOnError, sendProblem } from './problem.ts'

/** How long a request may take to come in, in ms; a registry gives up after a second. */
const REQUEST_MS = 20_000

/** The HTTP side: each capability's routes are a plugin; errors, documentation and limits are here. */
export async function buildApp(options: {
  log: Logger
  bodyLimit: number
  routes: readonly FastifyPluginAsync[]
}): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: options.log,
    // One line a request would be one line an event: failures are logged where they happen.
    logController: new LogController({ disableRequestLogging: true }),
    // A logger of its own took each request 6 µs; where something is logged, it is with the request's id.
    childLoggerFactory: (logger) => logger,
    bodyLimit: options.bodyLimit,
    // A key that means nothing is refused: dropped, as by default, a misspelt `dryRun` would be a real run.
    ajv: { customOptions: { removeAdditional: false } },
    // Headers that trickle in must not hold a connection for ever. Node looks every 30 s unless told.
    requestTimeout: REQUEST_MS,
    http: { connectionsCheckingInterval: 2_000 },
    // Up to 255 characters of repository and a registry's name, URL-encoded.
    routerOptions: { maxParamLength: 1_000 },
  }).withTypeProvider<TypeBoxTypeProvider>()

  // Nor may a body. (`requestTimeout` should see to that too, but Node 24 lets one go on whose headers are complete.)
  app.addHook('onRequest', async ({ raw }) => {
    const timer = setTimeout(() => raw.complete || raw.destroy(), REQUEST_MS)
    raw.once('close', () => clearTimeout(timer))
  })
  app.setErrorHandler(makeOnError())
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
