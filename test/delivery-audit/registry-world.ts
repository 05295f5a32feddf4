import type { Counts } from '../../src/delivery-audit/counts.ts'
import type { Reading } from '../../src/delivery-audit/judge.ts'

/** What may happen to a registry and its deliveries, at the process with a number. */
export type Happening = {
  kind: 'push' | 'deliver' | 'late' | 'swallow' | 'giveUp' | 'replace' | 'start' | 'stop'
  which: number
}

interface Process {
  address: string
  startedAt: number
  counts: Counts
  /** The events in the queue: whether each was taken already, though the answer came too late. */
  queue: boolean[]
  /** As it was read last. */
  read?: Counts
}

/** A registry of several processes and an intake. Every happening is one step: between any two, a reading may look. */
export function makeWorld() {
  let processes: Process[] = []
  let gone: string[] = []
  let taken = 0
  let lost = 0
  let clock = 1_000
  /** Events that are lost with a process that had some in its queue when it was read last, or has sent some since. */
  let lostByBusy = 0

  const start = (address: string): Process => ({
    ...{ address, startedAt: clock * 10, queue: [] },
    counts: { events: 0, successes: 0, givenUp: 0, pending: 0 },
  })
  const take = () => {
    taken++
  }

  function end(process: Process): void {
    const missing = process.queue.filter((isTaken) => !isTaken).length
    lost += missing
    const { pending = 0, successes = 0 } = process.read ?? {}
    if (process.read !== undefined && (pending > 0 || process.counts.successes > successes))
      lostByBusy += missing
  }

  function happen({ kind, which }: Happening): void {
    clock++
    if (kind === 'start') {
      processes.push(start(`a${clock}`))
      return
    }
    const process = processes[which % Math.max(1, processes.length)]
    if (process === undefined) return
    const { counts, queue } = process
    if (kind === 'push') {
      counts.events++
      counts.pending++
      queue.push(false)
    } else if (kind === 'replace') {
      end(process)
      processes = processes.map((one) => (one === process ? start(one.address) : one))
    } else if (kind === 'stop') {
      end(process)
      processes = processes.filter((one) => one !== process)
      gone.push(process.address)
    } else if (queue.length > 0) {
      const [isTaken = false] = queue
      if (kind === 'late') {
        if (!isTaken) take()
        queue[0] = true
        return
      }
      if (kind === 'deliver' && !isTaken) take()
      if (kind !== 'deliver' && !isTaken) lost++
      counts[kind === 'giveUp' ? 'givenUp' : 'successes']++
      counts.pending--
      queue.shift()
    }
  }

  return {
    happen,
    /** Reads everything, while things happen between the requests. */
    read(meanwhile: readonly Happening[] = []): Reading {
      const rest = [...meanwhile]
      const step = () => {
        const next = rest.shift()
        if (next !== undefined) happen(next)
      }
      const takenBefore = taken
      step()
      const seen: Reading['processes'][number][] = []
      const addresses = processes.map(({ address }) => address)
      const missing = gone
      gone = []
      for (const address of addresses) {
        const process = processes.find((one) => one.address === address)
        if (process === undefined) {
          missing.push(address)
          gone = gone.filter((one) => one !== address)
          continue
        }
        process.read = { ...process.counts }
        const birth = { startedAt: process.startedAt }
        seen.push({
          ...{ address, counts: process.read, birth, at: clock * 1_000_000 },
          recentCollections: [],
        })
        step()
      }
      for (const next of rest) happen(next)
      const at = clock * 1_000_000
      return { at, takenBefore, takenAfter: taken, processes: seen, gone: missing, failed: [] }
    },
    drain(): void {
      for (const [which, { queue }] of processes.entries())
        while (queue.length > 0) happen({ kind: 'deliver', which })
    },
    lost: () => lost,
    lostByBusy: () => lostByBusy,
  }
}
