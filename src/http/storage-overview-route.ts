import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { Advice } from '../collection/advice.ts'
import { askedAt, collectionId, unfinishedCollections } from '../collection/ask-collection.ts'
import { CollectionMode, CollectionRun } from '../collection/collection-run.ts'
import { modeOf } from '../collection/mode-of.ts'
import type { CollectionRuns } from '../collection/runs.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import { StorageReport } from '../space/report.ts'
import type { Surveys } from '../space/surveys.ts'
import { Problem } from './problem.ts'
import { registryNamed } from './registry-named.ts'
import type { Roles } from './roles.ts'

/** How many projects of a report are told: those with the most bytes. */
const FEW_PROJECTS = 20

/** How many jobs are looked at. There are as many as registries, and those that people asked for. */
const MOST_JOBS = 1_000

const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

const Glance = Type.Object({
  registry: Type.String({ description: 'The registry.' }),
  hasStorage: Type.Boolean({ description: 'Whether `registries.NAME.storage` is configured.' }),
  report: orNull(
    StorageReport,
    `The last survey, with the ${FEW_PROJECTS} projects that have most to collect. Null: there was none.`,
  ),
  surveying: orNull(JobAsked.properties.job, 'The survey that runs or waits. Null: none does.'),
  advice: orNull(Advice, 'Whether a collection pays, by that survey. Null: there was none.'),
  modes: Type.Array(
    Type.Object({
      mode: CollectionMode,
      missing: orNull(Type.String(), 'What is missing for it in the configuration. Null: nothing is.'),
    }),
    { description: 'The ways to collect. The first is taken if nobody says which.' },
  ),
  collecting: orNull(CollectionRun, 'The collection that runs or waits. Null: none does.'),
  heldSince: orNull(
    Type.String({ format: 'date-time' }),
    'Since when the registry may be read-only by a collection. Null: it is not.',
  ),
})

/** What is known of the storage and the garbage of each registry, at a glance. It reads what is written down, and asks no store. */
export const storageOverviewRoute =
  <Of extends { name: string; storage?: unknown; gc: { barrier?: unknown } }>(deps: {
    registries: readonly Of[]
    surveys: Pick<Surveys, 'last'>
    adviceOf: (registry: string) => Promise<Advice | undefined>
    runs: Pick<CollectionRuns, 'get' | 'holderOf'>
    /** Why a registry cannot be collected in this mode; `undefined` if it can. */
    missingFor: (registry: Of, mode: CollectionMode) => string | undefined
    queues: Pick<Queues, 'collections' | 'storage'>
    roles: Roles
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const { queues, runs } = deps

    /** The job of a survey that runs or waits, by registry. One of a schedule waits only once its time has come. */
    async function surveysUnderWay(): Promise<Map<string, { queue: string; id: string }>> {
      const jobs = await queues.storage.getJobs(
        ['waiting', 'prioritized', 'delayed', 'active'],
        0,
        MOST_JOBS - 1,
      )
      return new Map(
        jobs
          // A job may be done meanwhile.
          .filter((job) => job !== undefined && askedAt(job) <= deps.now())
          .map(({ data, id = '' }) => [data.registry, { queue: 'storage', id }]),
      )
    }

    /** The job of a collection that was ended for a dead process knows that only later. */
    async function collectionUnderWay(registry: string): Promise<CollectionRun | null> {
      for (const job of await unfinishedCollections(queues, registry, deps.now())) {
        const run = await runs.get(registry, collectionId(job))
        if (run?.endedAt === null) return run
      }
      return null
    }

    async function glanceAt(registry: Of, surveying: { queue: string; id: string } | undefined) {
      const { name, storage, gc } = registry
      const [report, advice, collecting] = await Promise.all([
        deps.surveys.last(name),
        deps.adviceOf(name),
        collectionUnderWay(name),
      ])
      // Afterwards: one that has ended has let its registry go before.
      const holder = await runs.holderOf(name)
      const first = modeOf(gc)
      const modes = [first, first === 'barrier' ? 'conduct' : 'barrier'] as const
      return {
        ...{ registry: name, hasStorage: storage !== undefined, collecting },
        report: report ? { ...report, projects: report.projects.slice(0, FEW_PROJECTS) } : null,
        ...{ surveying: surveying ?? null, advice: advice ?? null },
        modes: modes.map((mode) => ({ mode, missing: deps.missingFor(registry, mode) ?? null })),
        heldSince: holder === undefined ? null : new Date(holder.since).toISOString(),
      }
    }

    app.get('/v1/storage', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['registries'],
        summary: 'The storages of all registries at a glance, and the collections that run',
        description:
          'As of the last surveys. `GET /v1/registries/{name}/storage` has all projects of one, `GET /v1/registries/{name}/collections` the collections that were.',
        querystring: Type.Object(
          { registry: Type.Optional(Type.String({ description: 'Only this registry.' })) },
          { additionalProperties: false },
        ),
        response: {
          200: Type.Object({
            registries: Type.Array(Glance, {
              description: 'The registries, in the order of the configuration.',
            }),
          }),
          ...{ '4xx': Problem, '5xx': Problem },
        },
      },
      handler: async ({ query: { registry } }) => {
        const asked = registry === undefined ? deps.registries : [registryNamed(deps.registries, registry)]
        const surveying = await surveysUnderWay()
        return { registries: await Promise.all(asked.map((one) => glanceAt(one, surveying.get(one.name)))) }
      },
    })
  }
