import { readFileSync } from 'node:fs'

/**
 * The most memory in kB that this process had. `maxRSS` of `process.resourceUsage()` also counts what the process that
 * started this one had before (getrusage(2): it survives execve), so Linux is asked for the peak of this program alone.
 */
export function peakMemoryKb(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
}
