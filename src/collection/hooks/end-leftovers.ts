import { readdir, readFile } from 'node:fs/promises'
import { statFields } from '../../platform/process-id.ts'
import { MARK, signalGroup } from './command-hook.ts'

/**
 * Kills what is left of a hook whose Tallyman died: the processes of its group. A collector that goes on while pushes are
 * let in deletes what they need. `group` was noted before the program ran; its number may belong to others by now, so only a
 * group in which a process has the mark of the run is killed. Where there is no /proc, nothing can be found.
 * @returns how many processes there were
 */
export async function endLeftovers({ group, run }: { group: number; run: string }): Promise<number> {
  const names = await readdir('/proc').catch(() => [])
  const pids = names.filter((name) => /^\d+$/.test(name))
  const members = (await Promise.all(pids.map((pid) => marked(pid, group, run)))).filter((one) => one)
  if (members.length > 0) signalGroup(group, 'SIGKILL')
  return members.length
}

/** Whether a process is in the group, and has the mark of the run in its environment. */
async function marked(pid: string, group: number, run: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const [, , of] = statFields(stat)
  if (Number(of) !== group) return false
  const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
  return environment.split('\0').includes(`${MARK}=${run}`)
}
