import { orAborted } from '../platform/or-aborted.ts'
import type { Survey } from '../space/survey.ts'
import { type Facts, problemsOf } from './check.ts'
import type { CollectionRun } from './collection-run.ts'
import { type Blobs, compareFreed } from './compare.ts'
import { drain } from './drain.ts'
import type { Hold } from './hold.ts'
import { HookFailed } from './hooks/hook.ts'
import type { OpenUpload } from './open-uploads.ts'
import { nextState, type Phase, type PhaseEnd } from './run-state.ts'

/** How often it is looked whether uploads have ended, before anything is done, in ms. */
const LOOK_MS = 10_000

/** How often the cache is flushed at most, and the pause after each failure, in ms. */
const FLUSHES = 3
const FLUSH_PAUSE_MS = 2_000

/** A longer timer of Node ends at once, in ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** Phases that only look. Whoever does not answer then is left: a store that hangs must not keep a registry read-only. */
const LEFT: readonly Phase[] = ['survey', 'check', 'drain', 'compare']

/** Somebody has stopped the run. */
export class CollectionStopped extends Error {
  override readonly name = 'CollectionStopped'
}

/** Tallyman stops, or has lost its hold, and the run ends with it. */
export class CollectionInterrupted extends Error {
  override readonly name = 'CollectionInterrupted'
}

/** What speaks against a run, at which nobody has said that it runs nevertheless. */
class CollectionRefused extends Error {
  override readonly name = 'CollectionRefused'
}

export type Step = (signal: AbortSignal) => Promise<string>

export interface ConductDeps {
  hold: Hold
  collect: Step
  /** Absent if there is nothing to flush. */
  flushCache: Step | undefined
  /** Surveys the storage; absent if it is not configured. */
  survey: ((signal: AbortSignal) => Promise<Survey>) | undefined
  uploads: (() => Promise<OpenUpload[]>) | undefined
  /** What is to be looked at beside the storage. `candidates`: what would be freed, if that is known. */
  facts: (
    candidates: Blobs['candidates'] | undefined,
  ) => Promise<Pick<Facts, 'undoable' | 'isCache' | 'storage'>>
  /** Durations in ms. */
  limits: { maxPause: number; idle: number; patience: number }
  /** Stores the run as it is now. */
  save: (run: CollectionRun) => Promise<void>
  /** Told of each phase as it begins. */
  onPhase: (run: CollectionRun) => Promise<void>
  /** Told of what failed beside the run. */
  onError: (error: unknown, what: string) => void
  /** Aborted with CollectionStopped or CollectionInterrupted: what is in hand ends, and writes are let in again. */
  signal: AbortSignal
  /** epoch ms */
  now: () => number
  /** ms, of a clock that never goes back */
  clock: () => number
  sleep: (ms: number, signal?: AbortSignal) => Promise<unknown>
}

/**
 * Runs a collection to its end, from the phase in which it is: a new one, or one that another process began and did not end. It
 * changes `run`, and stores it as each phase begins and ends. `run-state.ts` says what follows what.
 * @throws HoldRemains, LeaseLost; the run has not ended then, and whoever comes next goes on with it
 */
export async function conduct(run: CollectionRun, deps: ConductDeps): Promise<CollectionRun> {
  const { save, now, clock, sleep, signal, limits } = deps
  let before: Surveyed | undefined
  let pauseEnds = Number.POSITIVE_INFINITY

  const steps: Record<Exclude<Phase, 'ended'>, (signal: AbortSignal) => Promise<string>> = {
    waiting: async () => '',
    async survey(asked) {
      if (deps.survey === undefined) return 'the storage is not configured: nothing is known of it'
      before = blobsOf(await deps.survey(asked))
      run.promised = amountOf(before.candidates)
      return ''
    },
    async check(asked) {
      run.problems = problemsOf(await lookAround(asked))
      if (run.problems.length > 0 && !run.force) throw new CollectionRefused(run.problems.join('; '))
      return ''
    },
    readOnlyOn: (asked) => deps.hold.on(asked),
    drain: (asked) => drain({ look: deps.uploads, clock, sleep: (ms) => sleep(ms, asked) }),
    collect: deps.collect,
    flushCache: (asked) => flush(asked),
    async readOnlyOff() {
      const begun = run.phases.find(({ phase }) => phase === 'readOnlyOn')
      return deps.hold.off(() => {
        if (begun !== undefined) run.pauseMs = Math.max(0, now() - Date.parse(begun.at))
      })
    },
    async compare(asked) {
      if (deps.survey === undefined) return 'the storage is not configured: what is gone is not known'
      const after = blobsOf(await deps.survey(asked))
      if (before === undefined) return 'the survey before is lost: what is gone is not known'
      Object.assign(run, compareFreed(before, after))
      return ''
    },
  }

  /** Waits for uploads to end, for a while. A dry run does not wait, nor one that runs whatever is. */
  async function lookAround(asked: AbortSignal): Promise<Facts> {
    const until = clock() + (run.dryRun || run.force ? 0 : limits.patience)
    const facts = await deps.facts(before?.candidates)
    const unreadable = before?.unreadable
    for (;;) {
      const uploads = (await deps.uploads?.())?.filter(({ writtenAt }) => writtenAt > now() - limits.idle)
      if (!uploads?.length || clock() >= until) return { ...facts, uploads, unreadable }
      await sleep(Math.min(LOOK_MS, Math.max(1, until - clock())), asked)
    }
  }

  async function flush(asked: AbortSignal): Promise<string> {
    if (deps.flushCache === undefined) return 'no hook is configured'
    for (let attempt = 1; ; attempt++) {
      try {
        return await deps.flushCache(asked)
      } catch (error) {
        if (attempt === FLUSHES) throw error
        await sleep(FLUSH_PAUSE_MS)
      }
    }
  }

  const isOver = () => run.phase === 'ended'
  while (!isOver()) {
    const phase = run.phase as Exclude<Phase, 'ended'>
    if (phase === 'readOnlyOn') pauseEnds = clock() + limits.maxPause
    const asked = signalOf(phase)
    if (phase !== 'waiting') await begin(phase)
    const end = await perform(phase, asked)
    Object.assign(run, nextState(stateOf(run), end, run))
    if (isOver()) run.endedAt = new Date(now()).toISOString()
    await saveOrGoOn()
  }
  return run

  /** What ends a phase early. Nothing ends what lets writes in, and what must come before. */
  function signalOf(phase: Phase): AbortSignal {
    if (phase === 'flushCache' || phase === 'readOnlyOff') return new AbortController().signal
    const rest = pauseEnds - clock()
    if (phase === 'compare' || rest === Number.POSITIVE_INFINITY) return signal
    const late = new AbortController()
    const timer = setTimeout(
      () => late.abort(new Error(`the pause has reached maxPause`)),
      Math.min(Math.max(0, rest), LONGEST_TIMER_MS),
    )
    timer.unref()
    return AbortSignal.any([signal, late.signal])
  }

  async function begin(phase: Phase): Promise<void> {
    run.phases.push({ phase, at: new Date(now()).toISOString(), tookMs: null })
    await saveOrGoOn()
    await deps.onPhase(run).catch((error) => deps.onError(error, 'the progress could not be told'))
  }

  async function perform(phase: Exclude<Phase, 'ended'>, asked: AbortSignal): Promise<PhaseEnd> {
    const record = run.phases.at(-1)
    const beganAt = clock()
    const close = (fields: { error?: string; output?: string }) => {
      if (record?.phase === phase) Object.assign(record, { tookMs: Math.round(clock() - beganAt), ...fields })
    }
    try {
      asked.throwIfAborted()
      const work = () => steps[phase](asked)
      const output = await (LEFT.includes(phase) ? orAborted(asked, work) : work())
      close(output === '' ? {} : { output })
      return { kind: 'done' }
    } catch (error) {
      if (isFatal(error)) throw error
      const reason = asked.aborted ? asked.reason : error
      const why = reason instanceof Error ? reason.message : String(reason)
      const output = error instanceof HookFailed ? error.output : ''
      close({ error: why, ...(output !== '' && { output }) })
      return { kind: kindOf(reason), why: `${phase}: ${why}` }
    }
  }

  /** Without a store, a run cannot make a registry read-only (see `Hold`), and must let writes in all the same. */
  async function saveOrGoOn(): Promise<void> {
    await save(run).catch((error) => deps.onError(error, 'the record could not be written'))
  }
}

const kindOf = (reason: unknown): Exclude<PhaseEnd['kind'], 'done'> => {
  if (reason instanceof CollectionRefused) return 'refused'
  if (reason instanceof CollectionStopped) return 'stopped'
  return reason instanceof CollectionInterrupted ? 'interrupted' : 'failed'
}

/** Errors after which somebody else goes on with the run. */
const isFatal = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'HoldRemains' || error.name === 'LeaseLost')

const stateOf = (run: CollectionRun) => ({ ...run, phase: run.phase as Phase })

type Surveyed = Blobs & { unreadable: number }

const blobsOf = ({ blobs, candidates, unreadable }: Survey): Surveyed => ({
  all: function* () {
    for (const [digest, { size }] of blobs) yield [digest, size] as const
  },
  has: (digest) => blobs.has(digest),
  candidates,
  unreadable: unreadable.length,
})

const amountOf = (candidates: Blobs['candidates']) => ({
  blobs: candidates.length,
  bytes: candidates.reduce((sum, { size }) => sum + size, 0),
})
