import { Type } from 'typebox'
import { parseRedisUrl } from '../platform/redis-url.ts'
import { nonEmpty, Pattern, Secret } from './fields.ts'
import { section } from './sections.ts'

/** BullMQ's usual prefix has no hash tag, so its keys would be in several slots of a cluster. */
function siteRedis(raw: unknown): string {
  const text = nonEmpty(raw)
  if ('nodes' in parseRedisUrl(text))
    throw new RangeError('expected redis:// or redis+sentinel://: a queue cannot be on a cluster')
  return text
}

export const events = section('Telling other programs of changes.', {
  queue: Type.Optional(
    Type.Object(
      {
        name: Pattern('The name of the queue.', 'a name without a colon', /^[^:\s]+$/),
        redis: Secret('The URL of the Redis that it is in.', siteRedis),
      },
      {
        description: "A BullMQ queue of the site's own. Each change becomes a job.",
        additionalProperties: false,
      },
    ),
  ),
})
