import type { Dispatcher } from 'undici'
import { outgoingWorker } from '../../workers/outgoing.ts'
import type { Config } from '../config/schema.ts'
import { makeGitlabTopic } from '../outgoing/gitlab-topic.ts'
import type { Receiver } from '../outgoing/receiver.ts'
import { makeSiteQueue } from '../outgoing/site-queue.ts'
import { makeSend } from '../outgoing/tell.ts'
import { makeWebhook } from '../outgoing/webhook.ts'
import type { Flag } from '../queue/alert.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Who is told of changes. */
export const makeReceivers = (
  { events, registries }: Config,
  { dispatcher, flagOf }: { dispatcher: Dispatcher; flagOf: (project: string) => Promise<Flag> },
): Receiver[] => [
  ...(events.queue === undefined ? [] : [makeSiteQueue(events.queue)]),
  ...events.webhooks.map((webhook) => makeWebhook(webhook, dispatcher)),
  ...Object.entries(registries).flatMap(([registry, { gitlab }]) => {
    if (gitlab?.topic === undefined) return []
    const { url, token, topic } = gitlab
    return [makeGitlabTopic({ registry, url, token, topic, flagOf, dispatcher })]
  }),
]

/** Starts the worker that tells other programs of changes. */
export function startOutgoing({ context, receivers, eventDeliveries, queues, log, metrics }: WorkerParts) {
  const send = makeSend({ receivers, deliveries: eventDeliveries, queues, log, metrics })
  return outgoingWorker(context, send, receivers.length)
}
