import { journalWorker } from '../../workers/journal.ts'
import { makeOneAtATime } from '../platform/one-at-a-time.ts'
import type { JournalJob } from '../queue/jobs.ts'
import { makeEventJournal, type NoteEntries } from '../replay/event-journal.ts'
import { entryOf } from '../replay/journal-line.ts'
import { makeReplay, ReplayError, type ScheduledPolicy } from '../replay/replay.ts'
import { ReplayTooLarge } from '../replay/replay-policy.ts'
import { makeReplayRecords } from '../replay/replay-records.ts'
import { requestWrite, scheduleJournal } from '../replay/schedule.ts'
import { makeWriteJournal, type WriteJournal } from '../replay/write-journal.ts'
import { SnapshotError } from '../snapshot/snapshot-error.ts'
import type { Fact } from '../usage/fact.ts'
import { splitProjectId } from '../usage/project.ts'
import type { WorkerParts } from './worker-parts.ts'

/** What notes accepted events; nothing if the journal is off. */
export const noteEntriesOf = (parts: WorkerParts): NoteEntries =>
  parts.config.journal.enabled
    ? makeEventJournal({ ...parts, onMuch: () => requestWrite(parts.queues) })
    : async () => {}

/** The index for what finds out facts itself: it notes them in the journal before they are applied. */
export function journalledIndex(parts: WorkerParts): WorkerParts['index'] {
  const note = noteEntriesOf(parts)
  return {
    ...parts.index,
    async apply(project: string, facts: readonly Fact[]) {
      const { registry } = splitProjectId(project)
      await note(facts.flatMap((fact) => entryOf('', registry, fact) ?? []))
      return parts.index.apply(project, facts)
    },
  }
}

/** Schedules the writing of the journal. */
export const prepareJournal = ({ config, queues }: WorkerParts): Promise<void> =>
  scheduleJournal(queues, config.journal.enabled)

/** Starts the worker that writes the journal and replays policies over it. */
export function startJournal(parts: WorkerParts) {
  const { store, redis, prefix, config, planning, projectOf } = parts
  const records = makeReplayRecords({ store, now: Date.now })
  const oneAtATime = makeOneAtATime({ redis, prefix, what: 'writing' })
  const writeNow = makeWriteJournal({ redis, prefix, store, keepMs: config.journal.keep, now: Date.now })
  // The job of each minute and a replay may write the same object: the shorter one must not come last.
  const write: WriteJournal = (options) => oneAtATime('journal', () => writeNow(options))
  const replay = makeReplay({
    ...{ ...planning, store, projectOf },
    maxShare: () => parts.settings().config.expiry.maxShare,
    writeJournal: async () => (await write({ isAll: true })).untold,
    now: Date.now,
  })
  const isHopeless = (error: unknown) =>
    error instanceof ReplayError || error instanceof ReplayTooLarge || error instanceof SnapshotError
  return journalWorker(parts.context, {
    ...{ write, isHopeless },
    async replay(
      { id, at, by, policies, since, until }: Extract<JournalJob, { kind: 'replay' }>,
      onProgress,
    ) {
      try {
        const result = await replay(policies as ScheduledPolicy[], { since, until }, onProgress)
        await records.put({ id, at, by, state: 'done', result })
        return result
      } catch (error) {
        if (isHopeless(error))
          await records.put({ id, at, by, state: 'failed', why: (error as Error).message })
        throw error
      }
    },
  })
}
