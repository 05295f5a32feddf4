import type { UsageIndex } from '../usage/usage-index.ts'
import type { ReconcileRun } from './ledger.ts'
import type { RegistryReader } from './reading.ts'
import { addFailure } from './run.ts'
import type { RunNotes } from './run-notes.ts'

/**
 * Removes from the index what a run found to be missing at the registry. If the registry has none of the run's witnesses
 * any more, its storage went away while it was read (say, it was unmounted): then nothing is removed, and the run counts a
 * failure. After a kill, run it again.
 */
export async function removeMissing(options: {
  index: Pick<UsageIndex, 'apply'>
  notes: RunNotes
  recheckQuotas: (projects: Iterable<string>) => Promise<void>
  registry: string
  run: ReconcileRun
  reader: Pick<RegistryReader, 'holds'>
  /** Called before each removal. If it rejects, this ends with its error, and the removal is still to be done. */
  onProgress: (run: ReconcileRun) => Promise<void>
}): Promise<void> {
  const { index, notes, registry, run, reader } = options
  let isChecked = false
  for await (const { project, facts } of notes.takeRemovals(registry)) {
    if (!isChecked && !(await holdsOne(reader, run.witnesses))) {
      addFailure(run, 'nothing is removed, since the images that were read first are not there any more')
      return
    }
    isChecked = true
    await options.onProgress(run)
    await index.apply(project, facts)
    await options.recheckQuotas([project])
  }
}

/** Whether the registry still has one of the witnesses. True if there are none. */
async function holdsOne(
  reader: Pick<RegistryReader, 'holds'>,
  witnesses: ReconcileRun['witnesses'],
): Promise<boolean> {
  for (const { repository, digest } of witnesses) if (await reader.holds(repository, digest)) return true
  return witnesses.length === 0
}
