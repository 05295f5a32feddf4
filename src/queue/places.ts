import { DelayedError, type Job } from 'bullmq'

/** How long a job waits in its worker for a place, in ms. An owner whose places stay taken for longer is slow. */
const PATIENCE_MS = 5_000

/** For how long a job of a slow owner is put off, in ms, and the least time between two that come back. */
const PUT_OFF_MS = 5_000
const SPACING_MS = 10

interface Owner {
  taken: number
  /** When a place was last taken or left, epoch ms. */
  changedAt: number
  /** When the job that was put off last comes back, epoch ms. */
  backAt: number
  /** Each gives a place that was left to a job that waits. Oldest first. */
  waiting: Set<() => void>
}

export interface Places {
  /** Takes a place. If the owner has none left, says when to ask again, epoch ms. */
  take(owner: string): Promise<{ leave(): void } | { askAgainAt: number }>
}

/**
 * Divides a worker among owners, such as registries: `each` has the same number of places. If the worker takes as many
 * jobs at a time as all owners have places, a slow owner cannot hold up the others.
 *
 * A job waits for a place, so that the backlog of a healthy owner is worked off without a break. Once no place has changed
 * hands for `patienceMs`, jobs are put off at once.
 */
export function makePlaces({
  each,
  patienceMs = PATIENCE_MS,
}: {
  each: number
  patienceMs?: number
}): Places {
  const owners = new Map<string, Owner>()

  function ownerOf(name: string): Owner {
    const owner = owners.get(name) ?? { taken: 0, changedAt: 0, backAt: 0, waiting: new Set() }
    owners.set(name, owner)
    return owner
  }

  function placeOf(owner: Owner) {
    owner.changedAt = Date.now()
    return {
      leave() {
        owner.changedAt = Date.now()
        const [give] = owner.waiting
        if (give === undefined) owner.taken--
        else give()
      },
    }
  }

  /** Whether a place was given within `ms`. */
  function waitForPlace(owner: Owner, ms: number): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const end = (isGiven: boolean) => {
      clearTimeout(timer)
      owner.waiting.delete(give)
      resolve(isGiven)
    }
    const give = () => end(true)
    const timer = setTimeout(end, ms, false)
    owner.waiting.add(give)
    return promise
  }

  return {
    async take(name) {
      const owner = ownerOf(name)
      if (owner.taken < each) {
        owner.taken++
        return placeOf(owner)
      }
      const patience = owner.changedAt + patienceMs - Date.now()
      if (patience > 0 && (await waitForPlace(owner, patience))) return placeOf(owner)
      owner.backAt = Math.max(Date.now() + PUT_OFF_MS, owner.backAt + SPACING_MS)
      return { askAgainAt: owner.backAt }
    },
  }
}

/** Runs each job in a place of its owner. A job without a place goes back to its queue, delayed; this is no attempt. */
export const inPlace =
  <Data>(
    places: Places,
    ownerOf: (data: Data) => string,
    process: (data: Data, job: Job<Data, unknown, string>) => Promise<unknown>,
  ) =>
  async (data: Data, job: Job<Data, unknown, string>): Promise<unknown> => {
    const place = await places.take(ownerOf(data))
    if ('askAgainAt' in place) {
      await job.moveToDelayed(place.askAgainAt, job.token)
      throw new DelayedError()
    }
    try {
      return await process(data, job)
    } finally {
      place.leave()
    }
  }
