import type { Scheme } from '../../parts/use-scheme.ts'
import type { Colour } from './measures.ts'
import type { Sums } from './tree.ts'

/** A colour of cells and what it stands for. The text on it has a contrast of at least 4.5. */
export interface Step {
  label: string
  cell: Record<Scheme, string>
  text: Record<Scheme, string>
}

const INK = '#10161f'
const PAPER = '#ffffff'
const step = (label: string, light: string, dark: string, text = { light: INK, dark: PAPER }): Step => ({
  label,
  cell: { light, dark },
  text,
})
const INVERSE = { light: PAPER, dark: INK }

/** The steps of each colouring. They differ in lightness, too, so that they are told apart by who sees few colours. */
const FLAG = {
  ok: step('within its quota, or without one', '#b9d3ec', '#28517a'),
  warning: step('near its quota', '#f2b53c', '#8a5800'),
  over: step('over its quota', '#b3202c', '#f0878b', INVERSE),
}
/** By how much it grew, in shares of what it held before: blue shrinks, grey rests, orange grows. */
const GROWTH = [
  { below: -0.1, step: step('fell by more than 10 %', '#1f6ca3', '#6fbcee', INVERSE) },
  { below: -0.005, step: step('fell', '#a5cbe6', '#2a5c80') },
  { below: 0.005, step: step('about the same', '#e9ecf0', '#3a414c') },
  { below: 0.05, step: step('grew by up to 5 %', '#f8c987', '#6b4a17') },
  { below: 0.25, step: step('by up to 25 %', '#f29b3b', '#96570c') },
  { below: Number.POSITIVE_INFINITY, step: step('by more than 25 %', '#a8480a', '#ffae66', INVERSE) },
] as const
const DAY = 86_400_000
/** Since the last push or pull. */
const IDLE = [
  { below: DAY, step: step('used today', '#d9efd0', '#284f30') },
  { below: 7 * DAY, step: step('this week', '#a9dcb4', '#2b6350') },
  { below: 30 * DAY, step: step('this month', '#63bcae', '#2c7590') },
  { below: 90 * DAY, step: step('in three months', '#26718f', '#6fabd8', INVERSE) },
  { below: 365 * DAY, step: step('in a year', '#34508f', '#a3b4f0', INVERSE) },
  { below: Number.POSITIVE_INFINITY, step: step('longer ago', '#3a1f5c', '#dfd0f7', INVERSE) },
] as const
const UNKNOWN = step('not known', '#c3c9d2', '#232831')

/** The colour of a cell. `now`: epoch ms. */
export function stepOf(sums: Sums, colour: Colour, now: number): Step {
  if (colour === 'flag') return FLAG[sums.flag]
  if (colour === 'growth') {
    if (sums.growthBytes === null) return UNKNOWN
    const before = sums.uniqueBytes - sums.growthBytes
    const share = before > 0 ? sums.growthBytes / before : sums.growthBytes > 0 ? Number.MAX_VALUE : 0
    return (GROWTH.find(({ below }) => share < below) ?? GROWTH[5]).step
  }
  if (sums.usedAt === null) return UNKNOWN
  const idle = now - sums.usedAt
  return (IDLE.find(({ below }) => idle < below) ?? IDLE[5]).step
}

export function legendOf(colour: Colour): readonly Step[] {
  if (colour === 'flag') return Object.values(FLAG)
  return [...(colour === 'growth' ? GROWTH : IDLE).map((one) => one.step), UNKNOWN]
}
