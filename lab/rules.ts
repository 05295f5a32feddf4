import type { ExpiryRule } from '../src/expiry/rule.ts'

/** What an image must meet to expire. `keepNewest`: that many images whose tag matches are newer. Durations in ms. */
interface Conditions {
  tag?: string
  olderThan?: number | undefined
  notUsedFor?: number | undefined
  keepNewest?: number | undefined
}

/** The rules that expire what meets all conditions. */
export const expiring = ({ tag = '**', keepNewest = 0, ...conditions }: Conditions): ExpiryRule[] => [
  ...(keepNewest > 0
    ? [{ tag: { glob: tag }, keep: { newest: keepNewest, by: 'pushed', per: 'repository' } as const }]
    : []),
  { tag: { glob: tag }, ...conditions, expire: true },
]
