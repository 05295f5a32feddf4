import type { Counter } from 'prom-client'
import { REFUSAL_REASONS } from '../events/refusals.ts'
import { REQUEST } from '../promotion/rule-name.ts'
import type { QueueName } from '../queue/jobs.ts'
import type { Parts } from './parts.ts'

const OUTCOMES = {
  events: ['applied', 'ignored', 'quarantined'],
  alerts: ['accepted', 'failed', 'refused', 'overtaken', 'given_up'],
  outgoing: ['accepted', 'failed', 'given_up'],
  expiry: ['deleted', 'untagged', 'absent', 'moved', 'refused', 'failed'],
  promotion: ['promoted', 'dropped', 'refused', 'failed'],
} as const

/**
 * Gives counters the value 0 for all labels that the configuration knows. Prometheus sees an increase only from a value that
 * it has seen: without this, it would miss the first refused delivery.
 */
export function presetCounters(parts: Parts, does: { http: boolean; queues: readonly QueueName[] }): void {
  const { metrics, registries, receivers, settings } = parts
  const { config, expiry } = settings()
  const sources = registries.flatMap(({ name, token }) => (token === undefined ? [] : [name]))
  const policies = [...new Set(expiry.policies.map(({ name }) => name))]
  const rules = [REQUEST, ...config.promotion.rules.map(({ name }) => name)]
  if (does.http) {
    for (const registry of sources) metrics.eventsAccepted.inc({ registry }, 0)
    preset(metrics.deliveriesRefused, { registry: ['', ...sources], reason: REFUSAL_REASONS })
    for (const outcome of ['accepted', 'refused']) metrics.deliverySeconds.zero({ outcome })
  }
  if (does.queues.includes('events'))
    preset(metrics.eventsIndexed, { registry: sources, outcome: OUTCOMES.events })
  if (does.queues.includes('alerts')) {
    const channel = config.alerts.channels.map(({ name }) => name)
    preset(metrics.alertMessages, { channel, result: OUTCOMES.alerts })
  }
  if (does.queues.includes('outgoing')) {
    const receiver = receivers.map(({ name }) => name)
    preset(metrics.outgoingEvents, { receiver, result: OUTCOMES.outgoing })
  }
  if (does.queues.includes('expiry')) {
    preset(metrics.expired, { policy: policies, outcome: OUTCOMES.expiry })
    for (const policy of policies) metrics.freedBytes.inc({ policy }, 0)
  }
  if (does.queues.includes('integrity'))
    for (const { name, scrub } of registries)
      if (scrub !== undefined) metrics.scrubbedBytes.inc({ registry: name }, 0)
  if (does.queues.includes('promotion')) {
    preset(metrics.promotions, { rule: rules, outcome: OUTCOMES.promotion })
    for (const rule of rules) metrics.promotedBytes.inc({ rule }, 0)
  }
}

/** All pairs of the values of two labels. */
function preset<A extends string, B extends string>(
  counter: Counter<A | B>,
  values: Readonly<Record<A | B, readonly string[]>>,
): void {
  const [[first, firsts], [second, seconds]] = Object.entries(values) as [[A, string[]], [B, string[]]]
  for (const one of firsts)
    for (const other of seconds) counter.inc({ [first]: one, [second]: other } as Record<A | B, string>, 0)
}
