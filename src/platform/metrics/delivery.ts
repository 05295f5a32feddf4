import type { Makers } from './makers.ts'

/** Messages to channels, and events for other programs. */
export const deliveryMetrics = ({ counter, shared }: Makers) => ({
  alertMessages: counter(
    'alert_messages_total',
    ['channel', 'result'],
    'Messages for a channel, by result: accepted, failed (the first attempt; it is sent again), refused (for good), overtaken (by a newer one) or given_up.',
  ),
  alertsWaiting: shared(
    'alert_messages_waiting',
    ['channel'],
    'Messages that wait for a channel to accept them.',
  ),
  alertsOldest: shared(
    'alert_oldest_waiting_seconds',
    ['channel'],
    'How old the news of the oldest message is that waits for a channel; 0 if none waits.',
  ),
  outgoingEvents: counter(
    'outgoing_events_total',
    ['receiver', 'result'],
    'Events for other programs, by result: accepted, failed (the first attempt; it is sent again) or given_up.',
  ),
})
