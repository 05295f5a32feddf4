import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Started, startProcess } from '../../lab/process.ts'

/** Starts a server of this folder on a port, in a process of its own that does not outlive this one. */
export async function startServer(
  name: 'bare' | 'naive' | 'instant' | 'naive-worker',
  port: number,
  ...args: string[]
): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-bench-'))
  const started = await startProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, `${name}.ts`), String(port), ...args],
    logFile: join(folder, `${name}.log`),
    ready: async () => {
      const answer = await fetch(`http://127.0.0.1:${port}/readyz`)
      await answer.body?.cancel()
      return answer.ok
    },
  })
  started.child.unref()
  process.once('exit', () => {
    started.child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  return started
}
