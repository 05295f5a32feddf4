import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyRequest,
  type FastifySchema,
  fastify,
  LogController,
} from 'fastify'
import type { Logger } from '../platform/log.ts'
import type { Tracing } from '../platform/tracing.ts'
import { VERSION } from '../platform/version.ts'
import { makeBuildValidator } from './build-validator.ts'
import { cutSlowReaders } from './cut-slow-readers.ts'
import { asksForPage, sendPage, serveDashboard } from './dashboard.ts'
import { FRONT_PAGE } from './front-page.ts'
import { requireKnownQuery } from './known-query.ts'
import { encodePlainId } from './plain-ids.ts'
import { HttpError, isTooLarge, type ProblemOf, sendProblem, tooLarge } from './problem.ts'
import { readableUrl } from './readable-url.ts'
import { type Needs, needsOf, whatHas } from './roles.ts'
import { addSecurityHeaders } from './security-headers.ts'
import { type CookieSettings, useSessionCookie } from './session-cookie.ts'

/** How long a request may take to arrive, in ms. A registry gives up after a second. */
const REQUEST_MS = 20_000

/** How long a parameter of a path may be, in characters. */
const MOST_OF_PARAMETER = 1_000

/** How long answers may take to be read once the server stops, in ms. Then their connections are closed. */
const STOP_MS = 5_000

/** Builds the HTTP server. Each capability's routes are a plugin; errors, documentation and limits are set here. */
export async function buildApp(options: {
  log: Logger
  bodyLimit: number
  problemOf: ProblemOf
  /** Called for each request that has no route. */
  onNoRoute: (request: FastifyRequest) => void
  routes: readonly FastifyPluginAsync[]
  /** Whether people reach the service by https only. */
  isHttps?: boolean
  /** Absent where nobody logs in. */
  cookie?: CookieSettings
  /** The folder of the built dashboard. Without one, `/` has a page with links. */
  dashboard?: string | undefined
  /** Absent if nobody traces requests. */
  tracing?: Pick<Tracing, 'plugin'> | undefined
}): Promise<FastifyInstance> {
  const app = fastify({
    // A request that trickles in must not hold its connection for ever. Node checks every 30 s unless told otherwise.
    requestTimeout: REQUEST_MS,
    http: { requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS, connectionsCheckingInterval: 2_000 },
    loggerInstance: options.log,
    // A line for each request would be a line for each event. Failures are logged where they happen.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: options.bodyLimit,
    // Fastify's own answer while it closes has no Retry-After.
    return503OnClosing: false,
    schemaController: { compilersFactory: { buildValidator: makeBuildValidator() } },
    rewriteUrl: ({ url = '/' }) => encodePlainId(readableUrl(url)),
    // Of requests that come to no route, such as one with too long a parameter. Fastify's own answer is no Problem.
    frameworkErrors: (error, _, reply) => sendProblem(reply, error.statusCode ?? 400, frameworkText(error)),
    // A project's id, URL-encoded: the registry's name and up to 255 characters of repository.
    routerOptions: { maxParamLength: MOST_OF_PARAMETER },
  }).withTypeProvider<TypeBoxTypeProvider>()

  if (options.tracing) await app.register(options.tracing.plugin)
  app.setErrorHandler((error: Error, request, reply) => {
    const told = isTooLarge(error) ? new HttpError(413, tooLarge(options.bodyLimit)) : error
    const { status, detail } = options.problemOf(told, request)
    return sendProblem(reply, status, status === 404 ? withHint(detail, request) : detail)
  })
  app.decorateRequest('access')
  const plain = app as unknown as FastifyInstance
  await addSecurityHeaders(plain, { isHttps: options.isHttps ?? false })
  cutSlowReaders(app.server)
  let isStopping = false
  app.addHook('preClose', async () => {
    isStopping = true
    // A client that does not read its answer must not hold up the stop.
    setTimeout(() => app.server.closeAllConnections(), STOP_MS).unref()
  })
  app.addHook('onRequest', async () => {
    if (isStopping) throw new HttpError(503, 'the service stops: try again')
  })
  app.addHook('onSend', async (_, reply) => {
    if (isStopping) void reply.header('connection', 'close')
  })
  // Before the body is read: Fastify would parse it first, and nobody has shown a token.
  app.addHook('onRequest', async (request, reply) => {
    if (!request.is404) return
    options.onNoRoute(request)
    if (options.dashboard !== undefined && asksForPage(request)) return sendPage(reply)
    throw noRoute(request)
  })
  // Of files that are not there.
  app.setNotFoundHandler(async (request) => {
    throw noRoute(request)
  })
  if (options.cookie !== undefined) await useSessionCookie(plain, options.cookie)
  app.addHook('preValidation', requireKnownQuery)
  // A POST without a body means one without keys: where everything has a default, nothing needs to be said.
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined && request.routeOptions.schema?.body !== undefined) request.body = {}
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tallyman',
        version: VERSION,
        description: 'Who uses how much of a container registry.',
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer' },
          session: {
            ...{ type: 'apiKey', in: 'cookie', name: 'tallyman' },
            description: 'Set by `POST /v1/session`. By https, its name is `__Host-tallyman`.',
          },
        },
      },
      security: [{ bearer: [] }, { session: [] }],
    },
    transform: ({ schema, url, route: { onRequest } }) => ({
      url,
      schema: withNeeds(schema, needsOf(onRequest)),
    }),
  })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  if (options.dashboard !== undefined) await serveDashboard(plain, options.dashboard)
  app.get('/', { schema: { hide: true } }, (_, reply) =>
    options.dashboard === undefined
      ? reply.type('text/html; charset=utf-8').send(FRONT_PAGE)
      : sendPage(reply),
  )
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger())
  for (const route of options.routes) await app.register(route)
  await app.ready()
  return plain
}

const withNeeds = (schema: FastifySchema | undefined, needs: Needs | undefined): FastifySchema =>
  Object.assign({ ...schema }, needs && { 'x-needs': needs })

const noRoute = ({ method, url }: FastifyRequest) => new HttpError(404, `no route ${method} ${url}`)

/** What is not there may be what the token does not see: this is said in both cases, and does not tell which it is. */
const withHint = (detail: string, { access }: Partial<Pick<FastifyRequest, 'access'>>): string =>
  access === undefined || access.seesAll ? detail : `${detail}; ${whatHas(access)}`

const frameworkText = ({ code, message }: { code: string; message: string }): string =>
  code === 'FST_ERR_MAX_PARAM_LENGTH'
    ? `a parameter of the path is longer than ${MOST_OF_PARAMETER} characters`
    : message
