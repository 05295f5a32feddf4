import type { Sums } from './tree.ts'

/** What the area of a cell stands for. */
export const SIZES = {
  unique: {
    name: 'Unique bytes',
    hint: 'what it holds, each content once',
    of: (sums: Sums) => sums.uniqueBytes,
  },
  exclusive: {
    name: 'Exclusive bytes',
    hint: 'what no other project holds: it would come back if the project were gone',
    of: (sums: Sums) => sums.exclusiveBytes,
  },
  reclaimable: {
    name: 'Reclaimable bytes',
    hint: 'what the expiry policies would free now',
    of: (sums: Sums) => sums.planFreesBytes,
  },
} as const
export type Size = keyof typeof SIZES

export const COLOURS = { flag: 'Quota', growth: 'Growth in 7 days', idle: 'Last use' } as const
export type Colour = keyof typeof COLOURS

const isKeyOf = <T extends object>(object: T, key: unknown): key is keyof T =>
  typeof key === 'string' && Object.hasOwn(object, key)
export const sizeIn = (text: unknown): Size => (isKeyOf(SIZES, text) ? text : 'unique')
export const colourIn = (text: unknown): Colour => (isKeyOf(COLOURS, text) ? text : 'flag')
