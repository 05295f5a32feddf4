import { once } from 'node:events'
import { type ClientRequest, get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import { CONFIGURED } from '../../src/access/access.ts'
import type { Decision } from '../../src/expiry/decision.ts'
import type { PlanPart } from '../../src/expiry/plan-all.ts'
import type { PlannedImage } from '../../src/expiry/planned-image.ts'
import { NO_COUNTS } from '../../src/expiry/share.ts'
import { buildApp } from '../../src/http/app.ts'
import { expiryRoute } from '../../src/http/expiry-route.ts'
import { makeProblemOf } from '../../src/http/problem.ts'
import { makeRoles } from '../../src/http/roles.ts'
import { makeTurns } from '../../src/http/turns.ts'
import type { Fact } from '../../src/usage/fact.ts'
import { makeUsageIndex } from '../../src/usage/usage-index.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const NDJSON = 'application/x-ndjson'

const push = (repository: string, n: number): Fact => ({
  ...{ kind: 'push', repository, at: Date.now() * 1000 - 5 * 86_400_000_000, tag: `pr-${n}`, size: 500 },
  ...{
    digest: `sha256:${n.toString(16).padStart(4, '0').repeat(16)}`,
    mediaType: '',
    references: [],
    extent: 'all',
  },
})

test('the plan as NDJSON has a line for each decision of the plan as JSON, with the name of its policy', async () => {
  const policy = (name: string, olderThan: string) => ({
    name,
    match: { registry: 'ci' },
    rules: [{ tag: 'pr-*', olderThan, expire: true }],
  })
  const policies = [policy('old', '1d'), policy('older', '30d')]
  const tallyman = await startTallyman({ expiry: { policies, maxShare: '100%' } }, { queues: [] })
  closers.push(() => tallyman.close())
  const redis = new Redis(tallyman.redis.port)
  closers.push(() => redis.disconnect())
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  // Some hundred kB of lines: more than one part of the answer.
  for (const name of ['a/b/one', 'a/b/two', 'c/d'])
    await index.apply(
      `ci/${name.slice(0, 3)}`,
      Array.from({ length: 300 }, (_, n) => push(name, n)),
    )
  const ask = (path: string, accept: string) =>
    tallyman.app.inject({ url: path, headers: { authorization: `Bearer ${READ_TOKEN}`, accept } })

  const asJson: object[] = []
  for (let cursor = ''; ; ) {
    const page = (await ask(`/v1/expiry/plan?limit=700${cursor}`, 'application/json')).json<{
      plans: { policy: string; decisions: PlannedImage[] }[]
      next: string | null
    }>()
    for (const { policy, decisions } of page.plans)
      asJson.push(...decisions.map((decision) => ({ policy, ...decision })))
    if (page.next === null) break
    cursor = `&cursor=${page.next}`
  }
  const streamed = await ask('/v1/expiry/plan', `${NDJSON}; charset=utf-8, */*;q=0.1`)
  expect(streamed.headers['content-type']).toBe(NDJSON)
  const lines = streamed.body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(lines.pop()).toEqual({
    ...{ asOf: expect.stringMatching(/^\d{4}-.*Z$/), images: 1_800, policies: ['old', 'older'] },
    undo: { until: null, text: expect.stringContaining('undo is safe until the registry collects') },
  })
  expect(lines).toHaveLength(1_800)
  // Of a page, bytes count from its first repository on.
  const withoutBytes = (images: object[]) =>
    images.map((image) => ({ ...image, reclaimableBytes: 0, uniqueBytes: 0 }))
  expect(withoutBytes(lines)).toEqual(withoutBytes(asJson))
  const one = await ask('/v1/expiry/plan?policy=older', NDJSON)
  expect(one.body.trimEnd().split('\n')).toHaveLength(901)
  expect((await ask('/v1/expiry/plan?policy=none', NDJSON)).json()).toMatchObject({ status: 404 })
})

test('the warnings of a dialect are told once a policy, after its decisions', async () => {
  const document = { policies: [{ method: 'creation_date', value: '3m' }] }
  const policies = [
    { name: 'old', match: { registry: 'ci' }, rules: [{ tag: 'pr-*', olderThan: '1d', expire: true }] },
    { name: 'as-in-quay', match: { registry: 'ci' }, dialect: 'quay', document },
  ]
  const tallyman = await startTallyman({ expiry: { policies } }, { queues: [] })
  closers.push(() => tallyman.close())
  const redis = new Redis(tallyman.redis.port)
  closers.push(() => redis.disconnect())
  const index = makeUsageIndex({ redis, prefix: 'tallyman' })
  for (const name of ['a/b/one', 'a/b/two']) await index.apply('ci/a/b', [push(name, 1)])
  const ask = async (accept: string) =>
    (
      await tallyman.app.inject({
        url: '/v1/expiry/plan',
        headers: { authorization: `Bearer ${READ_TOKEN}`, accept },
      })
    ).body

  const warning = expect.stringContaining('minutes')
  const { plans } = JSON.parse(await ask('application/json'))
  expect(plans).toMatchObject([
    { policy: 'old', warnings: [] },
    { policy: 'as-in-quay', decisions: [{ verdict: 'delete' }, { verdict: 'delete' }], warnings: [warning] },
  ])
  const lines = (await ask(NDJSON)).trimEnd().split('\n')
  expect(lines).toHaveLength(6)
  expect(JSON.parse(lines.at(-2) ?? '')).toEqual({ policy: 'as-in-quay', warning })
})

/** The route over a plan that has `decisions` decisions and then fails; and a client of it. */
async function startPlan(decisions: number, waitMs = 10) {
  const state = { made: 0, hasEnded: false }
  async function* planAll(): AsyncGenerator<PlanPart> {
    try {
      while (state.made < decisions) {
        await nextTurn()
        state.made += 100
        const image = { project: 'ci/app', repository: 'app', digest: `sha256:${state.made}`, tags: [] }
        const decision = { ...image, verdict: 'keep' as const, rule: null, reason: 'x'.repeat(1_000) }
        const known = {
          age: null,
          ageSource: 'seen' as const,
          lastUse: null,
          isUseKnown: false,
          sizeBytes: 0,
        }
        const decisions = Array.from({ length: 100 }, () => decision)
        const describe = (one: Decision) => ({ ...one, ...known })
        yield {
          policy: 'p',
          registry: 'ci',
          decided: 100,
          decisions,
          describe,
          before: NO_COUNTS,
          warnings: [],
        }
      }
      throw new Error('Redis went away')
    } finally {
      state.hasEnded = true
    }
  }
  const log = pino({ level: 'silent' })
  const inTurn = makeTurns({ atOnce: 1, maxWaiting: 1, waitMs })
  const app = await buildApp({
    ...{ log, bodyLimit: 1_000, problemOf: makeProblemOf({ log, outage: { takes: () => false } }) },
    onNoRoute: () => undefined,
    routes: [
      expiryRoute({
        ...{ planAll, hasProject: async () => true, registries: () => ['ci'], now: () => 1, inTurn },
        hasRepository: async () => true,
        shownPlans: { put: async () => {} },
        settings: () => ({
          policies: [{ mode: 'plan', name: 'p', registry: 'ci', repository: '**', rules: [] }],
          ...{ gc: { timeZone: 'UTC' }, trash: { keep: 1 } },
        }),
        roles: makeRoles(async () => CONFIGURED.read),
      }),
    ],
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  closers.push(() => app.close())
  const { port } = app.server.address() as AddressInfo
  async function ask(): Promise<{ request: ClientRequest; answer: IncomingMessage }> {
    const request = get({ port, path: '/v1/expiry/plan', headers: { accept: NDJSON }, agent: false })
    request.on('error', () => {})
    closers.push(() => request.destroy())
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    answer.on('error', () => {})
    return { request, answer }
  }
  return { app, state, inTurn, ask }
}

test('a client that stops reading stops the work, and one that goes away ends it; until then the plan has a turn', async () => {
  const { state, inTurn, ask } = await startPlan(Number.POSITIVE_INFINITY)
  const { request, answer } = await ask()
  expect(answer.statusCode).toBe(200)
  answer.pause()
  let before = -1
  const hasStopped = () => {
    const isSame = before === state.made
    before = state.made
    return isSame
  }
  await expect.poll(hasStopped, { interval: 200, timeout: 30_000 }).toBe(true)
  expect(state.hasEnded).toBe(false)
  expect((await ask()).answer.statusCode).toBe(503)
  request.destroy()
  await expect.poll(() => state.hasEnded, { timeout: 30_000 }).toBe(true)
  await expect.poll(() => inTurn(async () => 'mine').catch(() => 'busy'), { timeout: 30_000 }).toBe('mine')
})

test('a client that goes away before its turn comes takes no turn', async () => {
  const { app, inTurn, ask } = await startPlan(Number.POSITIVE_INFINITY, 30_000)
  const first = Promise.withResolvers<string>()
  const running = inTurn(() => first.promise)
  const arrived = once(app.server, 'request')
  const asked = ask().catch(() => 'gone')
  const [request] = (await arrived) as [IncomingMessage]
  request.socket.destroy()
  expect(await asked).toBe('gone')
  first.resolve('done')
  await running
  await expect.poll(() => inTurn(async () => 'mine').catch(() => 'busy'), { timeout: 30_000 }).toBe('mine')
})

test('a plan that fails half-way is cut off, so nobody takes it for whole, and gives its turn back', async () => {
  const { inTurn, ask } = await startPlan(1_000)
  const { answer } = await ask()
  expect(answer.statusCode).toBe(200)
  answer.resume()
  await new Promise((resolve) => answer.once('close', resolve))
  expect(answer.complete).toBe(false)
  await expect.poll(() => inTurn(async () => 'mine').catch(() => 'busy'), { timeout: 30_000 }).toBe('mine')
})

test('a plan that fails at once is a problem document', async () => {
  const { ask } = await startPlan(0)
  const { answer } = await ask()
  expect(answer.statusCode).toBe(500)
  expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
})
