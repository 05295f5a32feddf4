import type { FastifyInstance } from 'fastify'
import { makeAccessOf } from '../access/access-of.ts'
import { makeTokens } from '../access/tokens.ts'
import { makeIdentify } from '../events/identify.ts'
import { makeRefusals } from '../events/refusals.ts'
import { buildApp } from '../http/app.ts'
import { builtDashboard } from '../http/dashboard.ts'
import { makeProblemOf } from '../http/problem.ts'
import { makeNoteWrongPath, noteTls } from '../http/refused-delivery.ts'
import { makeRoles } from '../http/roles.ts'
import { makeTurns } from '../http/turns.ts'
import { connectFailingFast } from '../platform/redis.ts'
import { projectId } from '../usage/project.ts'
import { authenticateCi } from './ci.ts'
import { collectionRunsOf } from './collection-runs.ts'
import { health } from './health.ts'
import { login } from './login.ts'
import { observersOf } from './observe/observers.ts'
import type { Parts } from './parts.ts'
import { expiryRoutes } from './routes/expiry.ts'
import { intakeRoutes } from './routes/intake.ts'
import { operationRoutes } from './routes/operations.ts'
import { promotionRoutes } from './routes/promotion.ts'
import { quotaRoutes } from './routes/quotas.ts'
import type { Shared } from './routes/shared.ts'
import { usageRoutes } from './routes/usage.ts'
import { standingsOf } from './standings.ts'

/** Builds the HTTP server with all routes. It does not listen yet. The caller closes it. */
export async function serve(parts: Parts): Promise<FastifyInstance> {
  const { config, log, prefix, metrics, registries } = parts
  const onRedis = await parts.onRedis(connectFailingFast)
  const { redis } = onRedis
  const named = makeTokens({
    ...{ redis, prefix },
    onError: (err) => log.warn({ err }, 'the use of a token could not be noted'),
  })
  const accessOf = makeAccessOf({
    ...{ tokens: config.server, named, authenticateCi: authenticateCi(parts, onRedis), now: Date.now },
  })
  const { cookie, accessOfCookie, routes: loginRoutes } = await login(parts, onRedis, { accessOf, named })
  const { standings, counted } = standingsOf(parts, onRedis)
  const refusals = makeRefusals({ log, metrics, now: Date.now })
  const registryOf = makeIdentify(
    registries.flatMap(({ name, token }) => (token === undefined ? [] : [{ name, token }])),
  )
  const collections = collectionRunsOf(parts)
  const shared: Shared = {
    ...{ roles: makeRoles(accessOf, accessOfCookie), inTurn: makeTurns(), standings, refusals, registryOf },
    heldSince: async (registry) => (await collections.holderOf(registry))?.since,
    keepsNames: () => parts.settings().config.actors,
    registryNames: registries.map(({ name }) => name),
    projectIdOf: ({ registry, repository }) => projectId(registry, parts.projectOf(registry, repository)),
  }
  const app = await buildApp({
    ...{ log, bodyLimit: config.server.bodyLimit, problemOf: makeProblemOf(parts), tracing: parts.tracing },
    onNoRoute: makeNoteWrongPath(shared),
    ...{ cookie, isHttps: cookie.isSecure, dashboard: builtDashboard() },
    routes: [
      ...intakeRoutes(parts, onRedis, shared),
      ...usageRoutes(parts, onRedis, shared),
      ...quotaRoutes(parts, onRedis, shared),
      ...promotionRoutes(parts, onRedis, shared),
      ...expiryRoutes(parts, onRedis, shared),
      ...operationRoutes(parts, onRedis, shared, named),
      ...loginRoutes(shared.roles),
      health(parts, onRedis, observersOf(parts, onRedis, counted)),
    ],
  })
  noteTls(app.server, refusals)
  return app
}
