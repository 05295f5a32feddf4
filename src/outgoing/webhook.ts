import type { Dispatcher } from 'undici'
import { makeSignedPost } from '../alerts/channels/signed-post.ts'
import type { Config } from '../config/schema.ts'
import { makeGlob } from '../platform/glob.ts'
import { makeWildcard } from '../platform/wildcard.ts'
import type { Receiver } from './receiver.ts'

/** A URL to which signed events are posted. */
export function makeWebhook(
  { name, url, secret, types, projects }: Config['events']['webhooks'][number],
  dispatcher: Dispatcher,
): Receiver {
  const wildcards = types.map(makeWildcard)
  const globs = projects.map(makeGlob)
  // A change of a registry goes to all that are told of one of its projects.
  const registryGlobs = projects.map((glob) => makeGlob(glob.split('/')[0] ?? ''))
  const { post, check } = makeSignedPost({ name, url, secret, dispatcher })
  return {
    name: `webhook ${name}`,
    takes: ({ type, scope }) =>
      wildcards.some((matches) => matches(type)) &&
      (scope.includes('/') ? globs : registryGlobs).some((matches) => matches(scope)),
    send: post,
    check,
  }
}
