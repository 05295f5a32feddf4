import type { Finding } from '../doctor/finding.ts'
import type { Line } from './output/line.ts'

const WORDS = { ok: 'ok', note: 'note', warning: 'warning', error: 'ERROR' }
const WIDTH = Math.max(...Object.values(WORDS).map((word) => word.length))

/** A line for each finding, with why it matters and what to do below it; then how many there are of each level. */
export function findingLines(findings: readonly Finding[]): Line[] {
  const below = (what: string, text: string | undefined) =>
    text === undefined ? [] : [`${' '.repeat(WIDTH + 2)}  ${what}: ${text}`]
  const lines = findings.flatMap(({ check, level, what, why, fix, rule, sure }) => {
    const word = WORDS[level]
    const about = rule === undefined || sure === undefined ? check : `${check}: ${rule} (${sure})`
    const head: Line = [{ word }, ' '.repeat(WIDTH + 2 - word.length), `${about}: ${what}`]
    return [head, ...below('why', why), ...below('fix', fix)]
  })
  const count = (level: Finding['level']) => findings.filter((one) => one.level === level).length
  const counts = `errors ${count('error')}, warnings ${count('warning')}, notes ${count('note')}, ok ${count('ok')}`
  return [...lines, '', counts]
}
