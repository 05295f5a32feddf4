import { BUCKETS, type Makers } from './makers.ts'

/** Deliveries of registries, and what becomes of their events. */
export const intakeMetrics = ({ counter, histogram, shared, sharedCounter }: Makers) => ({
  eventsAccepted: counter('events_accepted_total', ['registry'], 'Events acknowledged to a registry.'),
  deliveriesRefused: counter(
    'deliveries_refused_total',
    ['registry', 'reason'],
    'Deliveries answered with an error, by reason. The registry sends them again, and nothing else before. Without a registry: its token is not known.',
  ),
  deliverySeconds: histogram(
    'delivery_duration_seconds',
    ['outcome'],
    'Time from the head of a delivery to its answer: accepted or refused.',
    BUCKETS.quick,
  ),
  deliveryBytes: histogram(
    'delivery_size_bytes',
    [],
    'Bodies of deliveries that were read.',
    [1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 10_485_760],
  ),
  enqueueSeconds: histogram(
    'intake_enqueue_duration_seconds',
    [],
    'Time from the start of a write of events to its confirmation by Redis.',
    BUCKETS.write,
  ),
  eventsIndexed: counter(
    'events_indexed_total',
    ['registry', 'outcome'],
    'Events processed, by outcome: applied, ignored or quarantined.',
  ),
  applySeconds: histogram(
    'index_apply_duration_seconds',
    [],
    'Time that it takes to apply the events of a job to the index.',
    BUCKETS.quick,
  ),
  indexDelaySeconds: histogram(
    'index_delay_seconds',
    [],
    'Time from the arrival of a delivery to the end of the job that applied its events.',
    [0.01, 0.1, 1, 10, 60, 600, 3_600],
  ),
  quarantined: shared('quarantined_events', [], 'Events in quarantine.'),
  quarantineDropped: sharedCounter(
    'quarantine_dropped_total',
    [],
    'Events dropped from quarantine to make room.',
  ),
})
