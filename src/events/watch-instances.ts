import { parseTimestamp } from '../platform/timestamp.ts'
import type { Delivery } from '../queue/jobs.ts'
import type { Instances } from './instances.ts'

/** An instance of a registry that has sent no event before; times in epoch µs. */
export interface UnknownInstance {
  instanceId: string
  firstEventAt: number
  /** The newest event of the registry's other instances; 0 if there was none. */
  previousLastEventAt: number
}

/**
 * The most instances of a registry that are looked at in one job: the newest. No registry has a hundred processes. A
 * sender that made up an id for each event would have each of them noted and logged.
 */
const MOST = 100

/**
 * Notices registries that were restarted, and so lost what they had not delivered. `onUnknownInstance` is called before
 * the instance is remembered. After a crash, or if two jobs meet the instance at once, it is called again.
 */
export function makeWatchInstances(deps: {
  instances: Instances
  onUnknownInstance: (registry: string, instance: UnknownInstance) => Promise<void>
}) {
  const { instances } = deps
  /** Instances that a job of this process is noting: others that meet them at once wait for it. */
  const inHand = new Map<string, Promise<void>>()

  async function note(registry: string, instanceId: string, { firstAt, lastAt }: Span): Promise<void> {
    // A job of another process may remember the instance at this moment: it is no predecessor of itself.
    const previousLastEventAt = await instances.lastEventAt(registry, instanceId)
    await deps.onUnknownInstance(registry, { instanceId, firstEventAt: firstAt, previousLastEventAt })
    await instances.remember(registry, instanceId, lastAt)
  }

  return async function watchInstances(deliveries: readonly Delivery[]): Promise<void> {
    for (const [registry, spans] of instancesOf(deliveries)) {
      const newest = new Map([...spans].slice(-MOST).map(([instanceId, { lastAt }]) => [instanceId, lastAt]))
      for (const instanceId of await instances.observe(registry, newest)) {
        const key = `${registry} ${instanceId}`
        const span = spans.get(instanceId) ?? { firstAt: 0, lastAt: 0 }
        const noting = inHand.get(key) ?? note(registry, instanceId, span).finally(() => inHand.delete(key))
        inHand.set(key, noting)
        await noting
      }
    }
  }
}

interface Span {
  firstAt: number
  lastAt: number
}

/**
 * Gives each registry's instances with the times of their events, the earliest instance first. It reads all events: one
 * that cannot be understood still shows that its sender is alive. Of each instance it reads the first and the last event
 * to arrive. No time counts as later than the event's receipt.
 */
export function instancesOf(deliveries: readonly Delivery[]): Map<string, Map<string, Span>> {
  const registries = new Map<string, Map<string, { first: Arrival; last: Arrival }>>()
  for (const { registry, receivedAt, events } of deliveries) {
    const instances = registries.get(registry) ?? new Map<string, { first: Arrival; last: Arrival }>()
    registries.set(registry, instances)
    for (const event of events) {
      const instanceId = instanceIdOf(event)
      if (instanceId === undefined) continue
      const arrival = { event, receivedAt }
      instances.set(instanceId, { first: instances.get(instanceId)?.first ?? arrival, last: arrival })
    }
  }
  const byFirst = ([, a]: [string, Span], [, b]: [string, Span]) => a.firstAt - b.firstAt
  return new Map(
    [...registries].map(([registry, instances]) => {
      const spans = [...instances].flatMap(([instanceId, { first, last }]): [string, Span][] => {
        const times = [timeOf(first), timeOf(last)].filter((at) => at !== undefined)
        return times.length > 0
          ? [[instanceId, { firstAt: Math.min(...times), lastAt: Math.max(...times) }]]
          : []
      })
      return [registry, new Map(spans.sort(byFirst))]
    }),
  )
}

export interface Arrival {
  event: unknown
  /** RFC 3339 */
  receivedAt: string
}

/** The longest instance id that is believed, in characters. Registries send UUIDs. */
const LONGEST_ID = 200

function instanceIdOf(event: unknown): string | undefined {
  if (!isObject(event) || !isObject(event.source)) return undefined
  const { instanceID } = event.source
  const isId = typeof instanceID === 'string' && instanceID !== '' && instanceID.length <= LONGEST_ID
  return isId ? instanceID : undefined
}

export function timeOf({ event, receivedAt }: Arrival): number | undefined {
  const text = isObject(event) && typeof event.timestamp === 'string' ? event.timestamp : ''
  const at = parseTimestamp(text)
  return at && Math.min(at, parseTimestamp(receivedAt) ?? at)
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
