import { readFileSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'

/** A process, so that another one can find out later whether it still runs. */
export interface ProcessId {
  /** Where its number means something: a boot of a machine, and a namespace of processes. Empty where that is not told. */
  place: string
  pid: number
  /** When it started, in ticks since the machine did: a number is used again. */
  startedAt: string
}

/** Where numbers of processes mean the same as here; empty where there is no /proc. A host name would not do: pods share one. */
export function placeOfProcesses(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`
  } catch {
    return ''
  }
}

export function thisProcess(): ProcessId {
  const place = placeOfProcesses()
  const stat = place === '' ? '' : readFileSync('/proc/self/stat', 'utf8')
  return { place, pid: process.pid, startedAt: startIn(stat) }
}

/** Whether it is certain that a process has ended. */
export async function wasLeft(id: ProcessId | undefined): Promise<boolean> {
  if (id === undefined || id.place === '' || id.place !== placeOfProcesses()) return false
  try {
    return startIn(await readFile(`/proc/${id.pid}/stat`, 'utf8')) !== id.startedAt
  } catch (error) {
    return ['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')
  }
}

/** The fields of /proc/PID/stat after the name of the program, which is in brackets and may hold any character. */
export const statFields = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

/** Field 22 of proc(5). */
const startIn = (stat: string): string => statFields(stat)[19] ?? ''
