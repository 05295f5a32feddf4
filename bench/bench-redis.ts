import { rmSync } from 'node:fs'
import { type LabRedis, startRedis } from '../lab/redis.ts'

/** Starts a Redis with default settings. It is killed when this process exits. */
export async function startBenchRedis(): Promise<LabRedis> {
  const server = await startRedis()
  process.once('exit', () => {
    server.process.child.kill('SIGKILL')
    rmSync(server.folder, { recursive: true, force: true })
  })
  return server
}
