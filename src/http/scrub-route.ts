import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { spentToday } from '../integrity/scrub-budget.ts'
import type { ScrubState } from '../integrity/scrub-state.ts'
import { ScrubStatus } from '../integrity/scrub-status.ts'
import { jobId } from '../queue/job-id.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { Queues } from '../queue/queues.ts'
import { HttpError, Problem } from './problem.ts'
import { registryNamed } from './registry-named.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }
const tags = ['registries']

/** How far the images of a registry were read and hashed. */
export const scrubRoute =
  (deps: {
    registries: readonly {
      name: string
      url: string
      scrub?: { bytesPerDay: number; period: number; url?: string } | undefined
    }[]
    state: Pick<ScrubState, 'progress' | 'readCount' | 'first'>
    queues: Pick<Queues, 'integrity'>
    roles: Roles
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    const params = Type.Object({ name: Type.String({ description: 'The name of the registry.' }) })

    /** @throws HttpError 404 if there is no such registry, 409 if it is not scrubbed */
    function requireScrub(name: string) {
      const { scrub, url } = registryNamed(deps.registries, name)
      if (scrub === undefined)
        throw new HttpError(
          409,
          `images of "${name}" are not read: set registries.${name}.scrub.bytesPerDay in the configuration`,
        )
      return { ...scrub, url: scrub.url ?? url }
    }

    app.get('/v1/registries/:name/scrub', {
      onRequest: deps.roles.read,
      schema: {
        tags,
        summary: 'How far the images of a registry were read and hashed',
        params,
        response: { 200: ScrubStatus, ...errors },
      },
      handler: async ({ params: { name } }) => {
        const { url, bytesPerDay, period } = requireScrub(name)
        const { spent, totalBytes, images, lastRunAt } = await deps.state.progress(name)
        return {
          ...{ registry: name, url, bytesPerDay, periodSeconds: Math.round(period / 1_000) },
          readToday: spentToday(spent, deps.now(), bytesPerDay),
          ...{ totalBytes, images, contents: await deps.state.readCount(name, deps.now() - period) },
          first: (await deps.state.first(name)).length,
          lastRunAt: lastRunAt === 0 ? null : new Date(lastRunAt).toISOString(),
        }
      },
    })

    app.post('/v1/registries/:name/scrub', {
      onRequest: deps.roles.admin,
      schema: {
        tags,
        summary: 'Read images of a registry now',
        description:
          "It reads what is left of the day's budget at once, which scrubs otherwise spread over the day. Who asks while another request waits joins it.",
        params,
        response: { 202: JobAsked, ...errors },
      },
      handler: async ({ params: { name } }, reply) => {
        requireScrub(name)
        const { id = '' } = await deps.queues.integrity.add(
          'scrub',
          { kind: 'scrub', registry: name, share: 'day' },
          { deduplication: { id: jobId('scrub now', name) } },
        )
        return reply.code(202).send({ job: { queue: 'integrity', id } })
      },
    })
  }
