import { outgoingWorker } from '../../workers/outgoing.ts'
import type { Config } from '../config/schema.ts'
import type { Receiver } from '../outgoing/receiver.ts'
import { makeSiteQueue } from '../outgoing/site-queue.ts'
import { makeSend } from '../outgoing/tell.ts'
import type { WorkerParts } from './worker-parts.ts'

/** Who is told of changes. */
export const makeReceivers = ({ events }: Config): Receiver[] =>
  events.queue === undefined ? [] : [makeSiteQueue(events.queue)]

/** Starts the worker that tells other programs of changes. */
export const startOutgoing = ({ context, receivers }: WorkerParts) =>
  outgoingWorker(context, makeSend(receivers), receivers.length)
