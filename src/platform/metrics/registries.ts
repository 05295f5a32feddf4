import type { Makers } from './makers.ts'

/** What is known of registries, and how far it can be trusted. */
export const registryMetrics = ({ shared, sharedCounter, counter }: Makers) => {
  const registry = <L extends string = never>(name: string, help: string, more: readonly L[] = []) =>
    shared(`registry_${name}`, ['registry', ...more], help)
  return {
    registryUniqueBytes: registry(
      'unique_bytes',
      'Bytes that the projects of a registry hold, each blob once.',
    ),
    registryStoredBytes: registry(
      'stored_bytes',
      'Bytes of all blobs in the storage of a registry, at its last reconcile. Absent if its storage is not read.',
    ),
    registryExact: registry(
      'exact',
      '1 if the index is exact since the last reconcile, 0 if events may be missing. Absent for a pull-through cache whose storage is not read: it is never exact.',
    ),
    registryConfidenceSince: registry(
      'confidence_since_timestamp_seconds',
      'If the index is exact: since when. If not: since when events may be missing; 0 for since the beginning.',
    ),
    registryPullsHeard: registry(
      'pulls_heard',
      '1 if the registry sends events of pulls, 0 if it does not or if that is not known.',
    ),
    registryLastEvent: registry(
      'last_event_timestamp_seconds',
      'The time of the newest event of a registry. Absent if there was none.',
    ),
    registryPending: registry(
      'notifications_pending',
      'Events in the queues of a registry, by its own metrics. Absent if these are not read.',
    ),
    registryLost: sharedCounter(
      'registry_notifications_lost_total',
      ['registry'],
      'Events that a registry had and that did not arrive, by its own metrics.',
    ),
    registryRead: registry(
      'notifications_read_timestamp_seconds',
      'When the metrics of all processes of a registry were read last. Absent before the first time, or if they are not read.',
    ),
    lastReconcile: registry(
      'last_reconcile_timestamp_seconds',
      'When the last reconcile of a registry ended. Absent if there was none.',
    ),
    reconcileSeconds: registry(
      'last_reconcile_duration_seconds',
      'How long the last reconcile of a registry took, its waits included.',
    ),
    reconcileUnread: registry(
      'last_reconcile_unread',
      'Repositories and listings that the last reconcile could not read.',
    ),
    brokenImages: shared(
      'broken_images',
      ['registry'],
      'Images of a registry that are known not to be whole: content of them is missing or wrong. At most 1,000.',
    ),
    drift: registry(
      'drift',
      'Differences between index and registry that the last reconcile found, by kind. It has mended them, unless it is held.',
      ['kind'],
    ),
    scrubbedBytes: counter(
      'scrubbed_bytes_total',
      ['registry'],
      'Bytes of images that were read and hashed to see whether they are whole.',
    ),
    reconcileInterval: shared(
      'reconcile_interval_seconds',
      [],
      'How often each registry is read: reconcile.every. Absent for never.',
    ),
  }
}
