import { DAYS_KEPT, endOf, type History, lastSlotOf, type Run } from './history.ts'
import { NOTHING, type Sample } from './sample.ts'

/**
 * A history as Redis and snapshots keep it: the last hour I4 (big-endian), then the hours, then the days. A series is the
 * number of its runs, then each run: how many slots are missing before it, the differences of its sample to the one before,
 * and how many more samples it has. All numbers are varints of seven bits a byte, the lowest first.
 */
export function encodeHistory({ hours, days }: History): Buffer {
  const bytes: number[] = []
  appendSeries(bytes, hours)
  appendSeries(bytes, days)
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32BE(Math.max(0, lastSlotOf(hours)))
  return Buffer.concat([head, Buffer.from(bytes)])
}

/** @throws RangeError if the bytes are no whole history */
export function decodeHistory(stored: Buffer): History {
  const next = varints(stored, HEAD_BYTES)
  return { hours: readSeries(next), days: readSeries(next) }
}

const HEAD_BYTES = 4

function appendSeries(bytes: number[], runs: readonly Run[]): void {
  append(bytes, runs.length)
  let before: Run | undefined
  for (const run of runs) {
    const [now, last] = [run.sample, before?.sample ?? NOTHING]
    append(bytes, run.slot - endOf(before))
    append(bytes, zigzag(now.uniqueBytes - last.uniqueBytes))
    append(bytes, zigzag(now.exclusiveBytes - last.exclusiveBytes))
    append(bytes, zigzag(now.referencedBytes - last.referencedBytes))
    append(bytes, zigzag(now.tags - last.tags))
    append(bytes, zigzag(now.manifests - last.manifests))
    append(bytes, run.more)
    before = run
  }
}

function readSeries(next: () => number): Run[] {
  const runs: Run[] = []
  let before: Run | undefined
  for (let left = next(); left > 0; left--) {
    const slot = endOf(before) + next()
    const last = before?.sample ?? NOTHING
    const sample: Sample = {
      uniqueBytes: last.uniqueBytes + unzigzag(next()),
      exclusiveBytes: last.exclusiveBytes + unzigzag(next()),
      referencedBytes: last.referencedBytes + unzigzag(next()),
      tags: last.tags + unzigzag(next()),
      manifests: last.manifests + unzigzag(next()),
    }
    const more = next()
    if (more >= DAYS_KEPT) throw new RangeError('no history: a run is too long')
    before = { slot, more, sample }
    runs.push(before)
  }
  return runs
}

// Bitwise operators take 32 bits; sizes have up to 53.
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value)
const unzigzag = (value: number): number => (value % 2 === 1 ? -(value + 1) / 2 : value / 2)

function append(bytes: number[], value: number): void {
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  bytes.push(rest)
}

/** Gives the varints one after the other. */
function varints(stored: Buffer, from: number): () => number {
  let position = from
  return () => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = stored[position++]
      if (byte === undefined) throw new RangeError('no history: it is cut off')
      value += (byte % 128) * scale
      if (byte < 128) return value
    }
  }
}
