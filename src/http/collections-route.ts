import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Advice } from '../collection/advice.ts'
import {
  askCollection,
  collectionId,
  stopCollections,
  unfinishedCollections,
} from '../collection/ask-collection.ts'
import { CollectionMode, CollectionRun } from '../collection/collection-run.ts'
import { modeOf } from '../collection/mode-of.ts'
import type { CollectionRuns } from '../collection/runs.ts'
import type { Audit } from '../expiry/audit.ts'
import type { OneAtATime } from '../platform/one-at-a-time.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import { JournalPosition } from '../store/journal.ts'
import { askedBy } from './asked-by.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import { registryNamed } from './registry-named.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const tags = ['collections']

/** Collections of garbage: what one would free, those that were, and asking for one. */
export const collectionsRoute =
  <Of extends { name: string; storage?: unknown; gc: { barrier?: unknown } }>(deps: {
    registries: readonly Of[]
    runs: Pick<CollectionRuns, 'get' | 'recent' | 'positionOf' | 'save'>
    adviceOf: (registry: string) => Promise<Advice | undefined>
    /** Why a registry cannot be collected in this mode; `undefined` if it can. */
    missingFor: (registry: Of, mode: CollectionMode) => string | undefined
    queues: Pick<Queues, 'collections'>
    oneAtATime: OneAtATime
    audit: Audit
    roles: Roles
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { runs, queues, roles, now } = deps
    const name = Type.String({ description: 'The name of the registry.' })
    const params = Type.Object({ name })
    const id = Type.String({ description: 'The id of the collection.' })

    const registryOf = (name: string): Of => registryNamed(deps.registries, name)

    /** A collection that was ended for a dead process has a job that knows that only later. */
    async function isUnderWay(registry: string): Promise<boolean> {
      for (const job of await unfinishedCollections(queues, registry, now())) {
        const run = await runs.get(registry, collectionId(job))
        if (!job.data.dryRun && (run === undefined || run.endedAt === null)) return true
      }
      return false
    }

    app.get('/v1/registries/:name/collections/advice', {
      onRequest: roles.read,
      schema: {
        ...{ tags, summary: 'What a collection of garbage would free, and whether it pays' },
        description:
          'As of the last survey of the storage: `POST /v1/registries/{name}/storage` asks for one.',
        params,
        response: { 200: Advice, ...errors },
      },
      handler: async ({ params: { name } }) => {
        if (registryOf(name).storage === undefined)
          throw new HttpError(
            409,
            `Tallyman does not know the storage of "${name}": set registries.${name}.storage`,
          )
        const advice = await deps.adviceOf(name)
        if (advice !== undefined) return advice
        throw new HttpError(
          404,
          `the storage of "${name}" was not surveyed yet: tallyman storage report ${name} --survey, or POST /v1/registries/${name}/storage, asks for it`,
        )
      },
    })

    app.get('/v1/registries/:name/collections', {
      onRequest: roles.read,
      schema: {
        ...{ tags, summary: 'The collections of garbage of a registry, newest first', params },
        querystring: pageQuery({}),
        response: {
          200: pageOf({
            collections: Type.Array(CollectionRun, { description: 'The collections of the page.' }),
          }),
          ...errors,
        },
      },
      handler: async ({ params: { name }, query: { limit, cursor } }) => {
        registryOf(name)
        const found = await runs.recent(name, limit + 1, decodeCursor(JournalPosition, cursor))
        const last = found.length > limit ? found[limit - 1] : undefined
        return { collections: found.slice(0, limit), next: cursorOf(last && runs.positionOf(last)) }
      },
    })

    app.get('/v1/registries/:name/collections/:id', {
      onRequest: roles.read,
      schema: {
        ...{ tags, summary: 'A collection of garbage, with its phases', params: Type.Object({ name, id }) },
        response: { 200: CollectionRun, ...errors },
      },
      handler: async ({ params: { name, id } }) => {
        registryOf(name)
        const run = await runs.get(name, id)
        if (run !== undefined) return run
        throw new HttpError(404, `there is no collection "${id}" of "${name}"`)
      },
    })

    app.post('/v1/registries/:name/collections', {
      onRequest: roles.admin,
      schema: {
        ...{ tags, summary: 'Collect the garbage of a registry', params },
        description:
          'It looks first what speaks against it, and refuses then, unless `force` is set. `dryRun` only looks. Behind the barrier pushes wait for some seconds meanwhile; without one the registry refuses writes.',
        body: Type.Object(
          {
            mode: Type.Optional(CollectionMode),
            dryRun: Type.Boolean({ default: false, description: 'Only look.' }),
            force: Type.Boolean({ default: false, description: 'Run it whatever speaks against it.' }),
          },
          { additionalProperties: false },
        ),
        response: {
          202: Type.Object({ ...JobAsked.properties, collection: id }),
          ...errors,
        },
      },
      handler: async (request, reply) => {
        const { params, body } = request
        const found = registryOf(params.name)
        const registry = found.name
        const { dryRun, force } = body
        const mode = body.mode ?? modeOf(found.gc)
        const missing = deps.missingFor(found, mode)
        if (missing !== undefined) throw new HttpError(409, missing)
        const by = askedBy(request)
        const ask = () => askCollection(deps, { registry, mode, dryRun, force, by }, now())
        const run = dryRun
          ? await ask()
          : await deps.oneAtATime(registry, async () => {
              if (!(await isUnderWay(registry))) return ask()
              throw new HttpError(409, `a collection of "${registry}" is under way or waits already`)
            })
        await deps.audit({ by, action: 'collection.asked', registry, run: run.id, dryRun })
        return reply.code(202).send({ job: { queue: 'collections', id: run.id }, collection: run.id })
      },
    })

    app.post('/v1/registries/:name/collections/stop', {
      onRequest: roles.admin,
      schema: {
        ...{ tags, summary: 'Stop the collection of a registry', params },
        description: 'What is in hand ends, writes are let in again, and then the collection has ended.',
        response: {
          200: Type.Object({
            stopped: Type.Array(id, { description: 'The ids of the collections that end.' }),
          }),
          ...errors,
        },
      },
      handler: async (request) => {
        const { name: registry } = registryOf(request.params.name)
        const by = askedBy(request)
        const stopped = await stopCollections(queues, registry, by, now())
        for (const run of stopped) await deps.audit({ by, action: 'collection.stopped', registry, run })
        return { stopped }
      },
    })
  }
