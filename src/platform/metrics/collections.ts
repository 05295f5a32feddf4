import type { Makers } from './makers.ts'

/** What is known of the garbage of registries, and of collections. */
export const collectionMetrics = ({ shared }: Makers) => {
  const gauge = (name: string, help: string) => shared(`registry_${name}`, ['registry'], help)
  return {
    collectableBytes: gauge(
      'collectable_bytes',
      'Bytes that a collection of garbage would free, by the last survey of the storage.',
    ),
    undoableBytes: gauge(
      'collectable_undoable_bytes',
      'Bytes of these that undo needs: of images that expiry has deleted, and that can be brought back until a collection.',
    ),
    collectionPays: gauge('collection_pays', '1 if a collection of garbage pays (gc.advise), 0 if not.'),
    surveyTime: gauge(
      'last_survey_timestamp_seconds',
      'When the last survey of the storage of a registry began.',
    ),
    surveyEvery: gauge(
      'survey_interval_seconds',
      'How often the storage of a registry is surveyed: gc.survey. Absent if it is not.',
    ),
    lastCollection: gauge(
      'last_collection_timestamp_seconds',
      'When the last known collection of garbage ended. Absent if none is known.',
    ),
    collectedBytes: gauge(
      'last_collection_freed_bytes',
      'What the last collection freed. Absent if that is not known.',
    ),
    pauseSeconds: gauge(
      'last_collection_pause_seconds',
      'How long writes were refused by the last collection, at most. Absent if that is not known.',
    ),
    heldSince: gauge(
      'held_since_timestamp_seconds',
      'Since when a registry may be read-only by a collection. Absent if it is not.',
    ),
    maxPause: gauge(
      'max_pause_seconds',
      'How long a collection may keep the registry read-only: gc.maxPause.',
    ),
  }
}
