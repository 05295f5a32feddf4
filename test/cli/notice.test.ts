import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { eventually } from '../../lab/tallyman.ts'
import { type Receiver, startReceiver } from '../alerts/receiver.ts'
import { image } from '../expiry/expire-bed.ts'
import { type ServiceBed, startServiceBed } from './service-bed.ts'

/** A real service announces to a chat what it will delete at a real registry, and tells what it has deleted. */
let bed: ServiceBed
let chat: Receiver
const REPOSITORY = 'team/app'
const NOTICE_MS = 4_000

beforeAll(async () => {
  chat = await startReceiver((response) => response.end('ok'))
  bed = await startServiceBed({
    alerts: { gather: '1ms', channels: [{ name: 'ops', type: 'slack', url: chat.url }] },
    expiry: {
      gc: { schedule: '0 3 1 1 *' },
      trash: { keep: '400d' },
      policies: [
        {
          ...{ name: 'branches', match: { registry: 'ci' }, mode: 'apply', notice: `${NOTICE_MS}ms` },
          rules: [{ tag: 'pr-*', olderThan: '1ms', expire: true }],
        },
      ],
    },
  })
  for (const tag of ['pr-1', 'pr-2']) await pushImage(bed.client, REPOSITORY, tag, image(tag))
  await bed.ci.untilDelivered()
  await bed.service.untilDone('events')
  await bed.service.reconcile('ci')
})
afterAll(async () => {
  await bed?.close()
  chat?.close()
})

const alerts = async () => (await bed.service.get<{ alerts: { event: string }[] }>('/v1/alerts')).alerts
const texts = () => chat.received.map(({ body }) => JSON.parse(body).text)

test('chat is told what will expire, and after the notice what has expired and until when undo is safe', async () => {
  const before = await bed.run('expiry', 'plan', 'branches')
  expect(before.out).toMatch(/ ANNOUNCED +GOES FROM .*\n.* by the next run +- .*\n/)
  expect(before.err).toContain('not announced yet 2: the next run announces them\n')
  expect(await bed.run('expire', 'branches', '--apply')).toMatchObject({
    status: 0,
    out: expect.stringMatching(
      /^run \S+ of branches: announced 2 images \(.* KiB\): they go after 2\S+Z; kept 0 images\n$/,
    ),
  })
  const [notice] = await eventually(alerts, ({ length }) => length === 1)
  expect(notice).toEqual({
    ...{ id: expect.any(String), at: expect.any(String), registry: 'ci', project: REPOSITORY },
    ...{ event: 'expiry.notice', policy: 'branches', images: 2, tags: 0, bytes: expect.any(Number) },
    ...{
      examples: expect.arrayContaining([`${REPOSITORY}:pr-1`, `${REPOSITORY}:pr-2`]),
      until: expect.any(String),
    },
    text: expect.stringMatching(
      /^ci\/team\/app: 2 images \(.* KiB\) will expire, at .*Z at the earliest, by the policy "branches": /,
    ),
  })
  const { until } = notice as unknown as { until: string }
  const told = await bed.run('expiry', 'plan', 'branches')
  expect(told.out).toMatch(new RegExp(` 2\\S+Z +${until} `))
  expect(told.err).toContain(`announced 2: the first may go from ${until} on\n`)
  expect((await bed.json('expiry', 'plan', 'branches')).decisions).toMatchObject(
    Array(2).fill({ announcedAt: expect.any(String), goesFrom: until }),
  )
  for (const tag of ['pr-1', 'pr-2']) expect(await bed.client.headManifest(REPOSITORY, tag)).toBeDefined()
  // Our own look at the tags must not count as use, and the registry tells it as a pull.
  await bed.ci.untilDelivered()
  await bed.service.untilDone('events')

  expect(await bed.run('expiry', 'keep', `ci/${REPOSITORY}:pr-2`)).toMatchObject({ status: 0 })
  await eventually(
    async () => {
      await bed.run('expire', 'branches', '--apply')
      return alerts()
    },
    ({ length }) => length > 1,
  )
  const [done] = await alerts()
  expect(done).toMatchObject({ event: 'expiry.done', images: 1, examples: [`${REPOSITORY}:pr-1`] })
  expect(await bed.client.headManifest(REPOSITORY, 'pr-1')).toBeUndefined()
  expect(await bed.client.headManifest(REPOSITORY, 'pr-2')).toBeDefined()
  await eventually(
    async () => texts(),
    ({ length }) => length === 2,
  )
  expect(texts()[1]).toMatch(
    /^ci\/team\/app: 1 image \(.*\) expired, by the policy "branches": team\/app:pr-1\. Undo is safe until \d{4}-01-01T03:00:00\.000Z, when the registry collects its garbage: tallyman trash restore IMAGE$/,
  )
  expect((await bed.run('alerts')).out).toMatch(/ci\/team\/app +ci\/team\/app: 1 image/)
})
