import { makeLog } from '../src/platform/log.ts'

/** A line of the log: its message and its fields. */
export interface LogLine {
  level: string
  msg: string
  [field: string]: unknown
}

/** A log that keeps its lines from the level info on, newest last. */
export function keepLines() {
  const lines: LogLine[] = []
  const log = makeLog('info', { write: (line) => void lines.push(JSON.parse(line)) })
  return { log, lines, messages: () => lines.map(({ msg }) => msg) }
}
