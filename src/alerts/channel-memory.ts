import type { Cluster, Redis } from 'ioredis'
import { jobId } from '../queue/job-id.ts'
import type { ChannelMemory } from './channel.ts'

/** How long a subject is remembered after its last message, in ms: 30 days. After that, its next message is a new one. */
const KEPT_MS = 30 * 86_400_000

/**
 * What the channel `channel` keeps in Redis about subjects. Each is a key of its own that expires. Gathering limits how many
 * messages a channel gets, and so how many keys there are.
 */
export function makeChannelMemory({
  redis,
  prefix,
  channel,
}: {
  /** Asked for at each call: channels are made before there is a connection. */
  redis: () => Redis | Cluster
  prefix: string
  channel: string
}): ChannelMemory {
  const keyOf = (subject: string) => `${prefix}:{alerts}:memory:${jobId(channel, subject)}`
  return {
    get: async (subject) => (await redis().get(keyOf(subject))) ?? undefined,
    set: async (subject, value) => void (await redis().set(keyOf(subject), value, 'PX', KEPT_MS)),
    forget: async (subject) => void (await redis().del(keyOf(subject))),
  }
}
