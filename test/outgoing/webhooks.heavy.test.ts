import { Redis } from 'ioredis'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../lab/ports.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'
import type { EventDelivery } from '../../src/outgoing/deliveries.ts'
import type { QuotaAlert } from '../../src/queue/alert.ts'
import { closeQueues, makeQueues, type Queues } from '../../src/queue/queues.ts'
import { type Receiver, startReceiver } from '../alerts/receiver.ts'
import { registryAlert, sampleAlert } from '../alerts/sample-alert.ts'
import { tallyman as runCommand } from '../cli/cli-bed.ts'

const SECRET = `whsec_${Buffer.from('a secret of twenty-four.').toString('base64')}`

/** The statuses that the receiver answers first; then 200. */
const statuses: number[] = []
let headers: Record<string, string> = {}
let team: Receiver
let registries: Receiver
let tallyman: LabTallyman
let redis: Redis
let queues: Queues
let url: string
beforeAll(async () => {
  team = await startReceiver((response) => response.writeHead(statuses.shift() ?? 200, headers).end())
  registries = await startReceiver((response) => response.end())
  tallyman = await startTallyman({
    events: {
      webhooks: [
        { name: 'team', url: team.url, secret: SECRET, types: ['project.*'], projects: ['ci/team-a/*'] },
        { name: 'registries', url: registries.url, secret: SECRET, types: ['reconcile.*'] },
      ],
    },
  })
  const port = await freePort()
  await tallyman.app.listen({ port })
  url = `http://127.0.0.1:${port}`
  redis = new Redis(tallyman.redis.port, { maxRetriesPerRequest: null })
  queues = makeQueues(redis, 'tallyman')
})
afterAll(async () => {
  await closeQueues(queues)
  redis.disconnect()
  await tallyman.close()
  team.close()
  registries.close()
})

/** Has a project's flag change, as an enforced quota does. */
async function change(id: string, more: Partial<QuotaAlert> = {}): Promise<void> {
  const alert = { ...sampleAlert, id, ...more }
  await queues.alerts.add('alerts', { kind: 'announce', alert }, { jobId: id })
}

/** The deliveries of one project, the oldest first, once there are so many. */
async function deliveriesOf(project: string, count: number): Promise<EventDelivery[]> {
  const ask = async () => {
    const all = await tallyman.get<{ deliveries: EventDelivery[] }>('/v1/events/deliveries')
    return all.deliveries.filter(({ subject }) => subject === `ci/team-a/${project}`).reverse()
  }
  return eventually(ask, (found) => found.length >= count)
}
const postsOf = (project: string) =>
  team.received.filter(({ body }) => JSON.parse(body).subject === `ci/team-a/${project}`)
const resultsOf = (found: EventDelivery[]) => found.map(({ result, answer }) => [result, answer])
const cli = (...argv: string[]) => runCommand({ TALLYMAN_TOKEN: ADMIN_TOKEN }, ...argv, '--url', url)

test('a change is posted, signed, to those that want its type and its project', async () => {
  await change('b1', { project: 'team-b/app' })
  await queues.alerts.add('alerts', { kind: 'announce', alert: registryAlert }, { jobId: registryAlert.id })
  await change('a1', { project: 'team-a/one' })
  const found = await deliveriesOf('one', 1)
  expect(found).toMatchObject([
    { receiver: 'webhook team', type: 'project.flag.changed', result: 'accepted', answer: null },
  ])
  const [post, ...more] = postsOf('one')
  expect(more).toEqual([])
  const headers = Object.fromEntries(Object.entries(post?.headers ?? {}).map(([k, v]) => [k, String(v)]))
  expect(new Webhook(SECRET).verify(post?.body ?? '', headers)).toMatchObject({
    ...{ specversion: '1.0', id: found[0]?.event, type: 'tallyman.project.flag.changed' },
    data: { id: 'a1', to: 'warning' },
  })
  expect(team.received.filter(({ body }) => body.includes('team-b'))).toEqual([])
  await eventually(
    async () => registries.received.length,
    (count) => count > 0,
  )
  expect(registries.received.map(({ body }) => JSON.parse(body).type)).toEqual(['tallyman.reconcile.held'])
})

test('an event that was not accepted is sent again; the history has the first failure and the end', async () => {
  statuses.push(500, 500)
  await change('a2', { project: 'team-a/two' })
  const answer = `channel team at ${team.host} answered 500`
  expect(resultsOf(await deliveriesOf('two', 2))).toEqual([
    ['failed', answer],
    ['accepted', null],
  ])
  expect(new Set(postsOf('two').map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(postsOf('two')).toHaveLength(3)
})

test('an event that is refused for good is given up, and can be replayed with the same id', async () => {
  statuses.push(410)
  await change('a3', { project: 'team-a/three' })
  const [, givenUp] = await deliveriesOf('three', 2)
  expect(givenUp).toMatchObject({ result: 'given up', answer: `channel team at ${team.host} answered 410` })

  const { status, out, err } = await cli('events', 'replay', givenUp?.id ?? '')
  expect({ status, err }).toEqual({ status: 0, err: '' })
  expect(out).toMatch(/^it is sent again: job j[0-9a-f]{32} of outgoing\n$/)
  expect(resultsOf(await deliveriesOf('three', 3)).at(-1)).toEqual(['accepted', null])
  expect(new Set(postsOf('three').map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  const list = await cli('events', 'deliveries')
  expect(list.out).toMatch(/^TIME +RECEIVER +RESULT +TYPE +SUBJECT +ID +ANSWER\n/)
  expect(list.out).toContain('given up')
})

test('the read token replays nothing, and a delivery that is not there is no success', async () => {
  const replay = async (id: string, token: string) => {
    const answer = await tallyman.app.inject({
      ...{ method: 'POST', url: `/v1/events/deliveries/${id}/replay` },
      headers: { authorization: `Bearer ${token}` },
    })
    return [answer.statusCode, answer.json().detail]
  }
  expect(await replay('1-0', READ_TOKEN)).toEqual([403, expect.any(String)])
  expect(await replay('1-0', ADMIN_TOKEN)).toEqual([404, 'no delivery 1-0: about the newest 5,000 are kept'])
  expect(await replay('x', ADMIN_TOKEN)).toEqual([400, expect.stringContaining('the id of a delivery')])
})

test('a receiver that asks to wait has not failed, until it has asked for a day', async () => {
  const asked = team.received.length
  headers = { 'retry-after': '0' }
  statuses.push(503, 503)
  await change('waits', { project: 'team-a/waits' })
  expect((await deliveriesOf('waits', 1)).map(({ result }) => result)).toEqual(['accepted'])
  expect(team.received.length - asked).toBe(3)
  statuses.push(503)
  const { id, at, type } = { id: 'old', at: '2026-11-27T06:00:00.000Z', type: 'project.flag.changed' }
  const of = { subject: 'ci/team-a/old', scope: 'ci/team-a/old' }
  const data = { change: { id, at, type, ...of, data: sampleAlert }, to: 'webhook team' }
  await queues.outgoing.add('outgoing', data, { timestamp: Date.now() - 86_400_001, attempts: 1 })
  expect((await deliveriesOf('old', 1)).map(({ result }) => result)).toEqual(['given up'])
  headers = {}
})
