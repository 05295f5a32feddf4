import type { ObjectStore } from '../store/object-store.ts'
import type { StandingFact } from '../usage/fact.ts'
import { splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { readSnapshot } from './read-snapshot.ts'
import type { ProjectLine } from './snapshot-format.ts'
import type { OnProgress } from './write-snapshot.ts'

/** Facts in one call of `apply`, which holds Redis up for a few milliseconds. */
const BATCH = 300

export interface Restored {
  facts: number
  /** Ids, registry/path. */
  projects: string[]
  /** Registries in the snapshot that are not configured: nothing of theirs was restored. */
  skipped: string[]
}

/** Reads a snapshot to its end and applies nothing. @throws SnapshotError unless it is whole and as written. */
export async function verifySnapshot(store: ObjectStore, key: string): Promise<{ projects: number }> {
  const entries = readSnapshot(store, key)
  for (;;) {
    const { done, value } = await entries.next()
    if (done) return value
  }
}

/** Applies what a snapshot holds of `registries`. Doing it again, wholly or after a failure, changes nothing. */
export async function applySnapshot(options: {
  store: ObjectStore
  index: Pick<UsageIndex, 'apply' | 'raiseActivity'>
  key: string
  registries: readonly string[]
  /** Projects in the snapshot, for `onProgress`. */
  of: number
  onProgress: OnProgress
}): Promise<Restored> {
  const { index, of } = options
  const restored: Restored = { facts: 0, projects: [], skipped: [] }
  let current: ProjectLine | undefined
  let batch: StandingFact[] = []
  let seen = 0

  const flush = async () => {
    if (current) await index.apply(current.project, batch)
    restored.facts += batch.length
    batch = []
  }
  const finish = async () => {
    if (!current) return
    // Even without a fact: that the project was ever heard of is known as well.
    await flush()
    await index.raiseActivity(current.project, current.activity)
    restored.projects.push(current.project)
  }

  for await (const entry of readSnapshot(options.store, options.key)) {
    if ('fact' in entry) {
      if (!current) continue
      batch.push(entry.fact)
      if (batch.length === BATCH) await flush()
      continue
    }
    await finish()
    const { registry } = splitProjectId(entry.project.project)
    current = options.registries.includes(registry) ? entry.project : undefined
    if (!current && !restored.skipped.includes(registry)) restored.skipped.push(registry)
    await options.onProgress({ projects: seen, of })
    seen += 1
  }
  await finish()
  await options.onProgress({ projects: of, of })
  return restored
}
