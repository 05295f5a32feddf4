import type { Dialect, Outcome, Verdict } from './dialect.ts'

/** What `tallyman expiry try --output json` prints. */
export interface Report {
  unit: 'digest' | 'tag'
  /** `repository@digest` or `repository:tag`, sorted. */
  kept: string[]
  expired: string[]
  /** By the same names. */
  reasons: Record<string, string>
  warnings: string[]
}

const nameOf = ({ image, tag }: Verdict): string =>
  tag === undefined ? `${image.repository}@${image.digest}` : `${image.repository}:${tag}`

export function reportOf({ unit }: Pick<Dialect, 'unit'>, { verdicts, warnings }: Outcome): Report {
  const names = (isKept: boolean) =>
    verdicts
      .filter((verdict) => verdict.isKept === isKept)
      .map(nameOf)
      .sort()
  return {
    unit,
    kept: names(true),
    expired: names(false),
    reasons: Object.fromEntries(verdicts.map((verdict) => [nameOf(verdict), verdict.reason])),
    warnings,
  }
}
