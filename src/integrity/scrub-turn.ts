import { allowance, type Spent, spend } from './scrub-budget.ts'
import type { ScrubState } from './scrub-state.ts'

/** After so many failures in a row the registry is left alone until the next run. */
const MOST_FAILURES = 5

/** What one run of a scrub may still read. */
export async function makeScrubTurn(deps: {
  registry: string
  bytesPerDay: number
  share: 'so far' | 'day'
  state: Pick<ScrubState, 'progress' | 'note'>
  /** Told the bytes that were read. */
  onRead: (bytes: number) => void
  stopped: AbortSignal
  /** epoch ms */
  now: () => number
}) {
  const { registry, bytesPerDay, share, state, now } = deps
  let spent: Spent | undefined = await sinceToday((await state.progress(registry)).spent)
  let bytes = 0
  /** Images in a row that could not be read since the registry gave no good answer. */
  let failures = 0

  /** A clock that was wrong, and ahead, must not let the budget of days that come be spent. */
  async function sinceToday(known: Spent | undefined): Promise<Spent | undefined> {
    const today = spend(known, 0, now(), bytesPerDay)
    if (known === undefined || known.day <= today.day) return known
    await state.note(registry, today, 0)
    return today
  }

  return {
    mayRead: (): boolean =>
      !deps.stopped.aborted &&
      failures < MOST_FAILURES &&
      allowance(spent, { now: now(), bytesPerDay, share }) > 0,

    /** Counts what `read` reads, also if it fails. */
    async counted<T>(read: (onRead: (bytes: number) => void) => Promise<T>): Promise<T> {
      let some = 0
      try {
        return await read((more) => {
          some += more
        })
      } finally {
        spent = spend(spent, some, now(), bytesPerDay)
        bytes += some
        deps.onRead(some)
        await state.note(registry, spent, some)
      }
    },

    /** Bytes read in this run. */
    bytes: (): number => bytes,

    /** Whether an image was read, as far as that says whether the registry is well. */
    noteWell(isWell: boolean): void {
      failures = isWell ? 0 : failures + 1
    },
  }
}
export type ScrubTurn = Awaited<ReturnType<typeof makeScrubTurn>>
