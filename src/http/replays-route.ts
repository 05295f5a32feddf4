import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { readPolicy } from '../config/read-policy.ts'
import { expandPolicies } from '../expiry/expand-policies.ts'
import { parseDuration } from '../platform/units.ts'
import { findJob } from '../queue/find-job.ts'
import { JobAsked } from '../queue/job-status.ts'
import type { JournalJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { JournalState } from '../replay/journal-state.ts'
import type { ScheduledPolicy } from '../replay/replay.ts'
import { ReplayRecord } from '../replay/replay-record.ts'
import { isReplayId, newReplayId, type ReplayRecords } from '../replay/replay-records.ts'
import { askedBy } from './asked-by.ts'
import { cursorOf, decodeCursor, pageOf, pageQuery } from './page.ts'
import { HttpError, Problem } from './problem.ts'
import type { Roles } from './roles.ts'

const errors = { '4xx': Problem, '5xx': Problem }

/** The most policies in one replay: each holds an index of its own in memory. */
const MOST_POLICIES = 4

/** One replay runs at a time: this is the deduplication id of its job. */
const ONE_REPLAY = 'replay'

/** How long a job that is done is kept, in s. Its result is in the store. */
const DAY_S = 86_400

const Journal = Type.Object(
  {
    isEnabled: Type.Boolean({ description: 'Whether events are recorded: `journal.enabled`.' }),
    waitingBytes: Type.Integer({ description: 'Bytes that wait in Redis to be written to the store.' }),
    oldestWaitingSeconds: Type.Integer({
      description: 'How long the oldest of them wait. More than ten minutes: the store does not take them.',
    }),
    leftOut: Type.Integer({
      description: 'Entries that were left out for lack of room since it was written last.',
    }),
  },
  { description: 'How far the journal is behind.' },
)

/** Replays of policies over the journal: what they would have deleted, and what of it was pulled afterwards. */
export const replaysRoute =
  (deps: {
    records: Pick<ReplayRecords, 'get' | 'ids'>
    queues: Queues
    /** The configured policies, each for its registry. */
    policies: () => readonly ScheduledPolicy[]
    registries: () => readonly string[]
    isEnabled: boolean
    /** How far the journal is behind. */
    journal: () => Promise<JournalState>
    roles: Roles
    /** epoch ms */
    now: () => number
  }): FastifyPluginAsyncTypebox =>
  async (app) => {
    /** @throws HttpError */
    async function policiesOf(given: unknown, n: number): Promise<ScheduledPolicy[]> {
      if (typeof given === 'string') {
        const found = deps.policies().filter(({ name }) => name === given)
        if (found.length > 0) return found
        const names = [...new Set(deps.policies().map(({ name }) => name))].join(', ')
        throw new HttpError(404, `no policy "${given}"; configured: ${names || 'none'}`)
      }
      const read = await readPolicy(given, deps.registries())
      if ('policy' in read) return expandPolicies([read.policy], deps.registries())
      const told = read.problems.map(
        ({ key, message }) => `${['policies', n, key].filter((part) => part !== '').join('.')}: ${message}`,
      )
      throw new HttpError(400, told.join('; '))
    }

    /** epoch ms. @throws HttpError */
    function timeFrom(name: string, text: string): number {
      const at = Date.parse(text)
      if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(at)) return at
      try {
        return deps.now() - parseDuration(text)
      } catch {
        throw new HttpError(
          400,
          `${name}: expected a duration such as 30d, a day such as 2026-11-01 or a time in RFC 3339, got "${text}"`,
        )
      }
    }

    /** A replay that has not ended. */
    async function waiting(id: string): Promise<ReplayRecord | undefined> {
      const found = await findJob(deps.queues, 'journal', id)
      const data = found?.job.data as JournalJob | undefined
      if (found === undefined || data?.kind !== 'replay') return undefined
      const { at, by } = data
      const { progress, failedReason } = found.job
      if (found.state === 'failed') return { id, at, by, state: 'failed', why: failedReason }
      const isBegun = typeof progress === 'object' && progress !== null && 'of' in progress
      const told = isBegun ? { progress: progress as ReplayRecord['progress'] & object } : {}
      return { id, at, by, state: found.state === 'active' ? 'running' : 'waiting', ...told }
    }

    async function running(): Promise<ReplayRecord | null> {
      const id = await deps.queues.journal.getDeduplicationJobId(ONE_REPLAY)
      const found = id === null ? undefined : await waiting(id)
      // One that has failed for good is among the records.
      return found === undefined || found.state === 'failed' ? null : found
    }

    const find = async (id: string): Promise<ReplayRecord | undefined> =>
      isReplayId(id) ? ((await deps.records.get(id)) ?? waiting(id)) : undefined

    app.get('/v1/replays', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['expiry'],
        summary: 'Replays of policies that have ended, newest first',
        querystring: pageQuery({}),
        response: {
          200: pageOf({
            journal: Journal,
            running: Type.Union([ReplayRecord, Type.Null()], {
              description: 'The one that has not ended. Null if there is none.',
            }),
            replays: Type.Array(ReplayRecord, { description: 'The replays of the page.' }),
          }),
          ...errors,
        },
      },
      handler: async ({ query: { limit, cursor } }) => {
        const after = decodeCursor(Type.String(), cursor)
        const ids = (await deps.records.ids()).filter((id) => after === undefined || id < after)
        const page = ids.slice(0, limit)
        const found = await Promise.all(page.map(deps.records.get))
        const { waitingBytes, oldestMs, leftOut } = await deps.journal()
        return {
          journal: {
            ...{ isEnabled: deps.isEnabled, waitingBytes, leftOut },
            oldestWaitingSeconds: Math.round(oldestMs / 1_000),
          },
          running: await running(),
          replays: found.filter((one) => one !== undefined),
          next: cursorOf(ids.length > limit ? page.at(-1) : undefined),
        }
      },
    })

    app.get('/v1/replays/:id', {
      onRequest: deps.roles.read,
      schema: {
        tags: ['expiry'],
        summary: 'A replay: how far it is, and what came out',
        params: Type.Object({ id: Type.String({ description: 'The id of the replay.' }) }),
        response: { 200: ReplayRecord, ...errors },
      },
      handler: async ({ params: { id } }) => {
        const found = await find(id)
        if (found === undefined)
          throw new HttpError(404, `there is no replay "${id}": GET /v1/replays lists them`)
        return found
      },
    })

    app.post('/v1/replays', {
      onRequest: deps.roles.admin,
      bodyLimit: 4 * 1024 * 1024,
      schema: {
        tags: ['expiry'],
        summary: 'Replay policies over the recorded past',
        description:
          'What they would have deleted since then, and how often something of it was pulled afterwards. It needs `journal.enabled`. Nothing is deleted. One replay runs at a time.',
        body: Type.Object(
          {
            policies: Type.Array(Type.Unknown(), {
              ...{ minItems: 1, maxItems: MOST_POLICIES },
              description:
                'Policies to compare: each the name of a configured one, or one as it stands in `expiry.policies`. Each runs by its `schedule`.',
            }),
            since: Type.String({
              description: 'A duration such as `30d`, a day such as `2026-11-01`, or a time in RFC 3339.',
            }),
            until: Type.Optional(Type.String({ description: 'The same. Default: now.' })),
          },
          { additionalProperties: false },
        ),
        response: {
          202: Type.Intersect([
            JobAsked,
            Type.Object({ replay: Type.String({ description: 'The id of the replay.' }) }),
          ]),
          ...errors,
        },
      },
      handler: async (request, reply) => {
        const { body } = request
        if (!deps.isEnabled)
          throw new HttpError(409, 'nothing is recorded: set journal.enabled in the configuration, and wait')
        const policies: ScheduledPolicy[] = []
        for (const [n, given] of body.policies.entries()) policies.push(...(await policiesOf(given, n)))
        if (policies.length > MOST_POLICIES)
          throw new HttpError(
            400,
            `policies: expected at most ${MOST_POLICIES} in all registries, got ${policies.length}`,
          )
        const now = deps.now()
        const since = timeFrom('since', body.since)
        const until = body.until === undefined ? now : Math.min(now, timeFrom('until', body.until))
        if (since >= until) throw new HttpError(400, 'since: expected a time before until, and before now')
        const id = newReplayId(now)
        const data = {
          ...{ kind: 'replay' as const, id, at: new Date(now).toISOString(), by: askedBy(request) },
          ...{ policies, since, until },
        }
        const job = await deps.queues.journal.add('journal', data, {
          ...{ jobId: id, deduplication: { id: ONE_REPLAY } },
          removeOnComplete: { age: DAY_S, count: 100 },
          removeOnFail: { age: DAY_S, count: 100 },
        })
        // The job that runs already has another id.
        if (job.id !== id) throw new HttpError(409, `a replay runs already: ${job.id}`)
        return reply.code(202).send({ job: { queue: 'journal', id }, replay: id })
      },
    })
  }
