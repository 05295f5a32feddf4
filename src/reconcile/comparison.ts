import type { Fact } from '../usage/fact.ts'
import type { Drift } from './drift.ts'
import type { Loss } from './hold.ts'
import type { IndexedRepository } from './indexed-repository.ts'
import type { ReconcileRun } from './ledger.ts'
import type { ManifestReading, RepositoryReading } from './reading.ts'

/** The times of the run that read the repository. */
export type Times = Pick<ReconcileRun, 'readAt' | 'firstReadAt'>

/** A repository as it was read and as the index has it, and what follows from the difference. */
export interface Comparison extends Times {
  reading: RepositoryReading
  indexed: IndexedRepository
  /** The manifests that were read, by digest key. */
  manifests: Map<string, ManifestReading>
  unreadableKeys: Set<string>
  unreadableTags: Set<string>
  facts: Fact[]
  drift: Drift
  loss: Loss
}
