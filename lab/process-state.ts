import { readFileSync } from 'node:fs'
import { eventually } from './tallyman.ts'

/** The letter of proc(5) for the state of a process; 'none' if there is none, or only its exit status is left. */
export function stateOf(pid: number): string {
  try {
    const [, state = ''] = /^State:\s+(\w)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return state === 'Z' ? 'none' : state
  } catch {
    return 'none'
  }
}

export const isRunning = (pid: number): boolean => stateOf(pid) !== 'none'

export const untilGone = (pid: number): Promise<boolean> =>
  eventually(
    async () => isRunning(pid),
    (running) => !running,
  )
