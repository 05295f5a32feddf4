import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pushImage } from '../../lab/push-image.ts'
import { eventually } from '../../lab/tallyman.ts'
import { type Receiver, startReceiver } from '../alerts/receiver.ts'
import { type ServiceBed, startServiceBed } from '../cli/service-bed.ts'
import { image } from '../expiry/expire-bed.ts'

/** A real service acts at a real registry, and tells a webhook. */
let bed: ServiceBed
let receiver: Receiver
beforeAll(async () => {
  receiver = await startReceiver((response) => response.end())
  const secret = `whsec_${Buffer.from('a secret of twenty-four.').toString('base64')}`
  bed = await startServiceBed({
    events: { webhooks: [{ name: 'all', url: receiver.url, secret }] },
    expiry: {
      policies: [
        {
          ...{ name: 'branches', match: { registry: 'ci' }, mode: 'apply' },
          rules: [{ tag: 'pr-*', olderThan: '1ms', expire: true }],
        },
      ],
    },
  })
  for (const tag of ['pr-1', 'v1', 'v2']) await pushImage(bed.client, 'team/app', tag, image(tag))
  await bed.ci.untilDelivered()
  await bed.service.untilDone('events')
  await bed.service.reconcile('ci')
})
afterAll(async () => {
  await bed?.close()
  receiver?.close()
})

/** The one event of a type. */
const eventOf = async (type: string) => {
  const events = await eventually(
    async () => receiver.received.map(({ body }) => JSON.parse(body)).filter((one) => one.type === type),
    ({ length }) => length > 0,
  )
  expect(events).toHaveLength(1)
  return events[0]
}

test('an image that was promoted and put back is told', async () => {
  const promoted = await bed.run('promote', 'ci/team/app:v1', '--to', 'ci', '--as', 'released/app:v1')
  expect(promoted).toMatchObject({ status: 0 })
  const { subject, data } = await eventOf('tallyman.image.promoted')
  expect(subject).toBe('ci/released/app:v1')
  expect(data).toMatchObject({
    ...{ digest: image('v1').root.digest, from: { registry: 'ci', repository: 'team/app', tag: 'v1' } },
  })
  expect(await bed.run('promotion', 'rollback', data.promotion)).toMatchObject({ status: 0 })
  expect((await eventOf('tallyman.image.rolledBack')).data.rolledBack).toBe(data.promotion)
})

test('an image that expired is told', async () => {
  expect(await bed.run('expire', 'branches', '--apply', '--accept-share')).toMatchObject({ status: 0 })
  const { subject, data } = await eventOf('tallyman.image.expired')
  expect(subject).toBe(`ci/team/app@${image('pr-1').root.digest}`)
  expect(data).toMatchObject({ policy: 'branches', project: 'ci/team/app', tags: ['pr-1'] })
})

test('that a registry and the index differed is told', async () => {
  const before = receiver.received.length
  await rm(join(bed.ci.storage, 'docker/registry/v2/repositories/team/app/_manifests/tags/v2'), {
    recursive: true,
  })
  await bed.service.reconcile('ci')
  const { body } = await eventually(
    async () =>
      receiver.received.slice(before).find((one) => one.body.includes('registry.drifted')) ?? { body: '' },
    (found) => found.body !== '',
  )
  expect(JSON.parse(body)).toMatchObject({ subject: 'ci', data: { drift: { tagsGone: 1 }, hold: null } })
})
