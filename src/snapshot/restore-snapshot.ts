import type { Histories } from '../history/histories.ts'
import type { Months } from '../report/months.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { StandingFact } from '../usage/fact.ts'
import { splitProjectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { readSnapshot } from './read-snapshot.ts'
import { restoreSetting, type Settings } from './settings.ts'
import type { ProjectLine, RegistryLine, Trailer } from './snapshot-format.ts'
import type { OnProgress } from './write-snapshot.ts'

/** Facts in one call of `apply`, during which Redis does nothing else for a few milliseconds. */
const BATCH = 300

export interface Restored {
  facts: number
  /** Ids, registry/path. */
  projects: string[]
  /** Registries in the snapshot that are not configured. They are not restored. */
  skipped: string[]
}

/** Reads a whole snapshot and gives its trailer. @throws SnapshotError unless it is whole and unchanged. */
export async function verifySnapshot(store: ObjectStore, key: string): Promise<Trailer> {
  const entries = readSnapshot(store, key)
  for (;;) {
    const { done, value } = await entries.next()
    if (done) return value
  }
}

/** Applies the facts of `registries` in a snapshot. May be repeated, also after a failure half-way. */
export async function applySnapshot(options: {
  store: ObjectStore
  index: Pick<UsageIndex, 'apply' | 'raiseActivity'>
  histories: Pick<Histories, 'restore'>
  settings: Settings
  months: Pick<Months, 'restore'>
  key: string
  registries: readonly string[]
  /** Number of projects in the snapshot. */
  of: number
  onProgress: OnProgress
}): Promise<Restored> {
  const { index, histories, of } = options
  const restored: Restored = { facts: 0, projects: [], skipped: [] }
  let current: ProjectLine | undefined
  let batch: StandingFact[] = []
  let done = 0
  const registryLines: RegistryLine[] = []

  const flush = async () => {
    if (current) await index.apply(current.project, batch)
    restored.facts += batch.length
    batch = []
  }
  const finishProject = async () => {
    if (!current) return
    // A project without facts is applied too, so that the index has it.
    await flush()
    await index.raiseActivity(current.project, { lastPushedBy: '', ...current.activity })
    if (current.history) await histories.restore(current.project, Buffer.from(current.history, 'base64'))
    restored.projects.push(current.project)
  }

  for await (const entry of readSnapshot(options.store, options.key)) {
    if ('registry' in entry) {
      registryLines.push(entry.registry)
      continue
    }
    if ('setting' in entry) {
      await restoreSetting(entry.setting, options.settings, options.registries)
      continue
    }
    if ('month' in entry) {
      const { registry, month, entries } = entry.month
      if (options.registries.includes(registry)) await options.months.restore(registry, month, entries)
      continue
    }
    if ('fact' in entry) {
      if (!current) continue
      batch.push(entry.fact)
      if (batch.length === BATCH) await flush()
      continue
    }
    await finishProject()
    const { registry } = splitProjectId(entry.project.project)
    current = options.registries.includes(registry) ? entry.project : undefined
    if (!current && !restored.skipped.includes(registry)) restored.skipped.push(registry)
    await options.onProgress({ projects: done, of })
    done += 1
  }
  await finishProject()
  // A registry is known once it has a project.
  for (const { registry, history } of registryLines)
    if (options.registries.includes(registry))
      await histories.restore(registry, Buffer.from(history, 'base64'))
  await options.onProgress({ projects: of, of })
  return restored
}
