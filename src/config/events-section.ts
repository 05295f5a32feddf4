import { Type } from 'typebox'
import { parseRedisUrl } from '../platform/redis-url.ts'
import { Glob, Name, NonEmpty, nonEmpty, Pattern, Secret } from './fields.ts'
import { list, section } from './sections.ts'
import { SigningKey } from './signing-key.ts'
import { SecretUrl } from './url-fields.ts'

/** BullMQ's usual prefix has no hash tag, so its keys would be in several slots of a cluster. */
function siteRedis(raw: unknown): string {
  const text = nonEmpty(raw)
  if ('nodes' in parseRedisUrl(text))
    throw new RangeError('expected redis:// or redis+sentinel://: a queue cannot be on a cluster')
  return text
}

const webhook = section('A URL to which changes are posted, signed as Standard Webhooks.', {
  name: Name('The name in the history of deliveries.'),
  url: SecretUrl('The URL.'),
  secret: SigningKey('The key that signs the events.'),
  types: list('Wildcards for types, such as image.*', NonEmpty('A wildcard.'), {
    default: ['*'],
    minItems: 1,
  }),
  projects: list('Globs for projects, `registry/path`, whose changes go there.', Glob('A glob.', 'project'), {
    default: ['**'],
    minItems: 1,
  }),
})

export const events = section('Telling other programs of changes.', {
  webhooks: list('The webhooks.', webhook),
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
