import type { Decision } from '../expiry/decision.ts'
import type { PlanPart } from '../expiry/plan-all.ts'

/** Characters of lines that are sent at once. */
const CHUNK = 65_536

/**
 * A plan as lines of JSON, some at a time. The warnings of a policy come after its images; the last line says that all is told, with
 * what `about` gives then. `note` gets every decision, also those that are not wanted.
 */
export async function* planLines(
  parts: AsyncIterable<PlanPart>,
  {
    isWanted,
    note,
    about,
  }: {
    isWanted: (decision: Decision) => boolean
    note: (decision: Decision) => void
    about: () => Promise<{ asOf: string }>
  },
): AsyncGenerator<string> {
  let lines = ''
  let count = 0
  let of: string | undefined
  let warnings: { warning: string; held?: string }[] = []
  const append = (value: object) => {
    lines += `${JSON.stringify(value)}\n`
  }
  const appendWarnings = () => {
    for (const warning of warnings) append({ policy: of, ...warning })
    warnings = []
  }
  for await (const { policy, decisions, describe, warnings: found, held } of parts) {
    if (policy !== of) appendWarnings()
    of = policy
    warnings.push(...found.map((warning) => ({ warning, ...(held !== undefined && { held }) })))
    for (const decision of decisions) {
      note(decision)
      if (!isWanted(decision)) continue
      append({ policy, ...describe(decision) })
      count += 1
      if (lines.length < CHUNK) continue
      yield lines
      lines = ''
    }
  }
  appendWarnings()
  append({ ...(await about()), images: count })
  yield lines
}
