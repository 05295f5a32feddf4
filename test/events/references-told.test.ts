import { expect, test } from 'vitest'
import { useRedis } from '../../lab/use-redis.ts'
import { makeReferencesTold } from '../../src/events/references-told.ts'

const bed = useRedis()
const receivedAt = '2026-11-27T12:00:00.000Z'
const IMAGE = 'application/vnd.oci.image.manifest.v1+json'
const deliveryOf = (...events: unknown[]) => [{ registry: 'ci', receivedAt, events }]
const push = (target: unknown) => ({ action: 'push', timestamp: '2026-11-27T11:59:59Z', target })

test('tells whether the last push of an image told what it references', async () => {
  const told = makeReferencesTold({ redis: bed.redis, prefix: 't' })
  expect(await told.of('ci')).toBeUndefined()
  await told.watch(deliveryOf(push({ mediaType: IMAGE })))
  expect(await told.of('ci')).toBe(false)
  await told.watch(deliveryOf(push({ mediaType: IMAGE, references: [{ digest: 'x' }] })))
  expect(await told.of('ci')).toBe(true)
})

// An event that throws here would hold up all events of its job for a week.
test.each([
  { toString: 'no function' },
  [{ toString: null }],
  Object.create(null),
  ['application/vnd.oci.image.manifest.v1+json'],
  null,
  7,
])('a media type that is no text is no image: %j', async (mediaType) => {
  const told = makeReferencesTold({ redis: bed.redis, prefix: 't' })
  await told.watch(deliveryOf(push({ mediaType }), push(null), push('x'), null, 'x', [], 7))
  expect(await told.of('ci')).toBeUndefined()
})
