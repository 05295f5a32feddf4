import { Redis } from 'ioredis'
import { AUDIENCE, gitlabClaims, makeKey, sign, startIssuer } from '../../lab/issuer.ts'
import { sampleReceipt } from '../../lab/receipt.ts'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, startTallyman } from '../../lab/tallyman.ts'
import { makeDeliveries } from '../../src/alerts/deliveries.ts'
import type { Deleted } from '../../src/expiry/decision.ts'
import { runIdentity, runOf } from '../../src/expiry/run-id.ts'
import { makeExpiryRuns } from '../../src/expiry/runs.ts'
import { type TrashEntry, trashKey } from '../../src/expiry/trash.ts'
import { hourOf } from '../../src/history/sample.ts'
import { makeEventDeliveries } from '../../src/outgoing/deliveries.ts'
import { makeReceipts } from '../../src/promotion/receipts.ts'
import { AlertRecord } from '../../src/queue/alert.ts'
import { closeQueues, makeQueues } from '../../src/queue/queues.ts'
import { addHour } from '../../src/report/entry.ts'
import { monthOf } from '../../src/report/month.ts'
import { makeMonths } from '../../src/report/months.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { makeJournal } from '../../src/store/journal.ts'

/** What a request may name of a team. Of `x` there is nothing. */
export interface Names {
  project: string
  repository: string
  image: string
  trashed: string
  receipt: string
  promotion: string
  run: string
  waitingRun: string
  expiryJob: string
  keep: string
  delivery: string
}
export type Team = 'a' | 'b' | 'x'

const digestOf = (team: Team) => `sha256:${{ a: 'a', b: 'b', x: 'f' }[team].repeat(64)}`
const AT = '2026-11-20T10:00:00.000Z'
const FAR_MS = 90 * 86_400_000

/** A service that holds something of team a and of team b wherever it can hold something, and names for all of it. */
export async function startTwoTeams() {
  const key = await makeKey('one')
  const issuer = await startIssuer([key])
  const tallyman = await startTallyman(
    {
      registries: {
        ci: { url: 'http://127.0.0.1:1', token: 'lab-webhook-token-0001' },
        production: { url: 'http://127.0.0.1:2' },
      },
      ci: {
        issuers: [
          {
            ...{ name: 'gitlab', type: 'gitlab', issuer: issuer.url, audience: AUDIENCE },
            projects: [{ path: '**', registry: 'ci' }],
          },
        ],
      },
      quotas: [
        { project: 'ci/**', limit: '100' },
        { group: 'all', projects: ['ci/**'], limit: '1TiB' },
      ],
      promotion: {
        rules: [
          {
            ...{ name: 'all', when: 'request', from: { registry: 'ci', repository: '**', tag: '*' } },
            ...{ to: { registry: 'production' }, gates: [{ type: 'approval', people: 1 }] },
          },
        ],
      },
      expiry: {
        policies: [
          { name: 'old', match: { registry: 'ci' }, rules: [{ tag: 'v*', olderThan: '1d', expire: true }] },
        ],
      },
    },
    // Nothing works on promotions and expiry, so that their jobs stay.
    { queues: ['events', 'quota'] },
  )
  const redis = new Redis(tallyman.redis.url, { maxRetriesPerRequest: null })
  const deps = { redis, prefix: 'tallyman' }
  const queues = makeQueues(redis, 'tallyman')
  const store = makeFolderStore({ path: `${tallyman.folder}/store` })
  const fail = (error: Error) => {
    throw error
  }
  const kept = {
    ...{ store, keepMs: Number.POSITIVE_INFINITY, now: () => 0 },
    ...{ onUnreadable: (_: string, error: Error) => fail(error), onError: fail },
  }
  const receipts = makeReceipts({
    ...kept,
    sign: () => ({ payload: 'e30=', payloadType: 'x', signatures: [] }),
  })
  const runs = makeExpiryRuns(kept)
  const alerts = makeJournal({ ...kept, kind: 'alerts', schema: AlertRecord })

  const asAdmin = async (method: 'POST' | 'PUT', url: string, payload: object) => {
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
    const answer = await tallyman.app.inject({ method, url, headers, payload })
    if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`)
    return answer.json()
  }
  const push = (team: Team) => ({
    ...{ id: team, timestamp: RECENTLY, action: 'push', actor: { name: `team-${team}-bot` } },
    target: {
      ...{ mediaType: 'application/vnd.docker.distribution.manifest.v2+json', size: 500, references: [] },
      ...{ digest: digestOf(team), repository: `team-${team}/app`, tag: 'v1' },
    },
  })
  await tallyman.deliver({ events: [push('a'), push('b')] })
  await eventually(
    () => tallyman.get<{ flags: unknown[] }>('/v1/flags'),
    ({ flags }) => flags.length === 2,
  )
  const deletedOf = (team: Team): Deleted => ({
    ...{ project: `ci/team-${team}/app`, repository: `team-${team}/app`, digest: digestOf(team) },
    ...{
      tags: ['v1'],
      verdict: 'delete',
      rule: null,
      reason: `of team-${team}`,
      outcome: 'deleted',
      bytes: 7,
    },
  })
  const run = (id: string, deletes: Deleted[]) => ({
    ...{ ...runIdentity(Date.parse(AT), id), policy: 'old', registry: 'ci', dryRun: false },
    ...{
      by: 'the quota of ci/team-b/app',
      state: 'done' as const,
      kept: 40,
      deletes,
      warnings: ['team-b: not read'],
    },
    progress: { planned: 50, plannedBytes: 50, done: 50, freedBytes: 50 },
  })
  const both = run('both', [deletedOf('a'), deletedOf('b')])
  await runs.append(both)
  const planned = (team: Team) => ({ ...deletedOf(team), outcome: 'planned' as const })
  const dry = { ...run('dry', [planned('a'), planned('b')]), ...runIdentity(Date.parse(AT) + 1, 'dry') }
  await runs.append({ ...dry, dryRun: true })

  const hour = hourOf(Date.now())
  const heldBy = (team: Team) =>
    addHour(undefined, hour, {
      ...{ uniqueBytes: 500, exclusiveBytes: 500, others: 0, version: '1' },
      pushers: { [`team-${team}-bot`]: 500 },
    })
  await makeMonths(deps).write('ci', monthOf(hour), [
    ['team-a/app', heldBy('a')],
    ['team-b/app', heldBy('b')],
  ])

  async function fill(team: 'a' | 'b'): Promise<Names> {
    const [project, repository] = [`ci/team-${team}/app`, `team-${team}/app`]
    const why = `team-${team} wants it`
    const encoded = encodeURIComponent(project)
    await asAdmin('PUT', `/v1/projects/${encoded}/quota`, { limit: '50', why })
    await asAdmin('PUT', `/v1/alerts/snoozes/${encoded}`, { for: '3d', why })
    const { id: keep } = await asAdmin('POST', '/v1/expiry/keeps', { image: `${project}:v1`, why })
    const own = run(`own ${team}`, [deletedOf(team)])
    await runs.append(own)
    const entry: TrashEntry = {
      ...{ ...deletedOf(team), at: AT, run: own.id, policy: 'old', registry: 'ci', mediaType: 'x' },
      manifest: Buffer.from('{}').toString('base64'),
    }
    await store.put(trashKey(entry), JSON.stringify(entry))
    const from = { registry: 'ci', repository, tag: 'v1' }
    await receipts.append(
      sampleReceipt({ id: `receipt-${team}`, at: AT, from, to: { ...from, registry: 'production' } }),
    )
    const promotion = `promotion-${team}`
    await queues.promotion.add(
      'promotion',
      {
        ...{ kind: 'copy', rule: 'all', registry: 'ci', project, repository, tag: 'v1', pushedAt: 1 },
        ...{ digest: digestOf(team), to: { ...from, registry: 'production' }, by: `team-${team}` },
      },
      { jobId: promotion, delay: FAR_MS },
    )
    const job = await queues.expiry.add(
      'expiry',
      {
        ...{ policy: 'old', registry: 'ci', dryRun: false, acceptShare: false, by: `team-${team}` },
        projects: [`ci/team-${team}/**`],
      },
      { jobId: `expiry-job-${team}` },
    )
    const path = { registry: 'ci', project: repository }
    await alerts.append({
      ...{ id: `alert-${team}`, at: AT, ...path, from: 'ok', to: 'over', measure: 'unique', used: 9 },
      ...{ limit: 1, mark: null, text: why },
    })
    await makeDeliveries(deps).record({
      ...{ channel: 'chat', message: 'm', type: 'quota.over', subject: project, project, text: why },
      ...{ result: 'accepted', answer: null, attempt: 1 },
    })
    const deliveries = makeEventDeliveries(deps)
    const change = {
      id: `e-${team}`,
      at: AT,
      type: 'image.expired',
      subject: project,
      scope: project,
      data: {},
    }
    await deliveries.record({ change, to: 'queue' }, 'accepted', null)
    const [delivery] = await deliveries.recent(1)
    return {
      ...{ project, repository, image: `${project}:v1`, trashed: `${project}@${digestOf(team)}`, keep },
      ...{ receipt: `receipt-${team}`, promotion, run: own.id, waitingRun: runOf(job).id },
      ...{ expiryJob: job.id ?? '', delivery: delivery?.id ?? '' },
    }
  }
  const names: Record<Team, Names> = {
    a: await fill('a'),
    b: await fill('b'),
    x: {
      ...{ project: 'ci/team-x/app', repository: 'team-x/app', image: 'ci/team-x/app:v1' },
      ...{ trashed: `ci/team-x/app@${digestOf('x')}`, receipt: 'receipt-x', promotion: 'promotion-x' },
      ...{ run: runIdentity(1, 'x').id, waitingRun: runIdentity(2, 'x').id, expiryJob: 'expiry-job-x' },
      ...{ keep: '1000000000000-00000000', delivery: '1-0' },
    },
  }
  // An admin has asked for a promotion of team a without a rule: its target may be a place of others.
  const place = { registry: 'ci', repository: names.a.repository, tag: 'v1' }
  const { rule: _, ...withoutRule } = sampleReceipt({
    ...{ id: 'without-rule', at: AT, from: place, to: { ...place, registry: 'production', repository: 'x' } },
  })
  await receipts.append(withoutRule)
  // What is about no team alone tells of both.
  await alerts.append({
    ...{ id: 'alert-group', at: AT, group: 'team-b-group', projects: [names.a.project, names.b.project] },
    ...{ from: 'ok', to: 'over', measure: 'unique', used: 9, limit: 1, mark: null, text: 'team-b' },
  })
  await alerts.append({ id: 'alert-held', at: AT, registry: 'ci', event: 'expiry.held', text: 'team-b' })
  await makeEventDeliveries(deps).record(
    {
      change: {
        ...{ id: 'e-group', at: AT, type: 'group.flag.changed', subject: 'team-b-group' },
        data: { group: 'team-b-group' },
        scope: names.a.project,
      },
      to: 'queue',
    },
    'accepted',
    null,
  )

  return {
    ...{ app: tallyman.app, names, bothRun: both.id, dryRun: dry.id, redis: tallyman.redis, store },
    /** Makes a named token. */
    async tokenFor(name: string, projects: string[], verbs: string[], more: object = {}): Promise<string> {
      return (await asAdmin('POST', '/v1/tokens', { name, projects, verbs, ...more })).secret
    },
    /** That of a CI job of team a. */
    ciToken: () => sign(key, gitlabClaims(issuer.url)),
    async close() {
      await closeQueues(queues)
      redis.disconnect()
      await tallyman.close()
      await issuer.close()
    },
  }
}
export type TwoTeams = Awaited<ReturnType<typeof startTwoTeams>>

/** What tells of team b, unless a request named it. */
export const ofTeamB = ({ b }: Record<Team, Names>): string[] => [
  ...['team-b', digestOf('b'), b.receipt, b.promotion, b.run, b.waitingRun, b.keep],
]
