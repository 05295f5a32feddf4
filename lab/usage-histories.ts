import type { DayValue } from '../src/history/forecast.ts'

/** Synthetic usage of `days` days, in GB, for backtests of forecasts. The same seed gives the same history. */
export const HISTORIES: Readonly<Record<string, (seed: number, days: number) => DayValue[]>> = {
  /** About 1 GB a day. */
  steady: (seed, days) => grow(seed, days, 50, (_, { normal }) => 1 + 0.3 * normal()),
  /** 10 GB at once, each week or two. */
  steps(seed, days) {
    let next = 3
    return grow(seed, days, 50, (day, { uniform }) => {
      if (day < next) return 0
      next += 7 + Math.floor(7 * uniform())
      return 10
    })
  },
  /** On one day in five some GB, and nothing on the others. */
  bursts: (seed, days) =>
    grow(seed, days, 50, (_, { uniform }) => (uniform() < 0.2 ? -5 * Math.log(1 - uniform()) : 0)),
  /** A week's builds come on working days, and half of them go at the weekend: a cycle of 8 GB over 1 GB a day. */
  weekly: (seed, days) =>
    grow(seed, days, 50, (day, { normal }) => (day % 7 < 5 ? 2.6 : -3) + 0.3 * normal()),
  /** Everything of the week but 7 GB is cleaned up each Sunday. */
  sawtooth: (seed, days) =>
    grow(seed, days, 50, (day, { normal }) => (day % 7 < 6 ? 3 : -11) + 0.3 * normal()),
  /** About 1 GB a day, and a clean-up of 60 % 45 days before the end. */
  cleanUp(seed, days) {
    const kept = days - 45
    const all = grow(seed, days, 80, (_, { normal }) => 1 + 0.3 * normal())
    const gone = 0.6 * (all[kept]?.value ?? 0)
    return all.map(({ day, value }) => ({ day, value: day < kept ? value : value - gone }))
  },
  /** Four times as fast for the last 40 days. */
  faster: (seed, days) =>
    grow(seed, days, 50, (day, { normal }) => (day < days - 40 ? 0.5 : 2) + 0.3 * normal()),
  /** No growth, and half a GB up or down on each day. */
  flat(seed, days) {
    const { normal } = chance(seed)
    return Array.from({ length: days }, (_, day) => ({ day, value: 50 + 0.5 * normal() }))
  },
}

type Chance = ReturnType<typeof chance>

function grow(
  seed: number,
  days: number,
  from: number,
  step: (day: number, chance: Chance) => number,
): DayValue[] {
  const random = chance(seed)
  let value = from
  return Array.from({ length: days }, (_, day) => {
    value = Math.max(0, value + step(day, random))
    return { day, value }
  })
}

/** Random numbers that a seed repeats (mulberry32). */
function chance(seed: number) {
  let state = seed * 7_919
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return { uniform, normal }
}
