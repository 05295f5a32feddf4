import { BUCKETS, type Makers } from './makers.ts'

/** Promotions. Those that people ask for without a rule have the rule `request`. */
export const promotionMetrics = ({ counter, histogram, shared }: Makers) => ({
  promotions: counter(
    'promotions_total',
    ['rule', 'outcome'],
    'Promotions that ended, by outcome: promoted, dropped (nobody wants it any more), refused or failed.',
  ),
  promotedBytes: counter('promotion_sent_bytes_total', ['rule'], 'Bytes of blobs sent to target registries.'),
  promotionSeconds: histogram(
    'promotion_duration_seconds',
    [],
    'Time that the last attempt of a promotion took that succeeded: the copy, without waits.',
    BUCKETS.long,
  ),
  promotionsWaiting: shared('promotions_waiting', [], 'Promotions that wait at gates.'),
  promotionsOldest: shared(
    'promotion_oldest_waiting_seconds',
    [],
    'For how long the oldest promotion has waited that waits at gates; 0 if none does.',
  ),
})
