import { rmSync } from 'node:fs'
import { type LabRedis, startRedis } from '../lab/redis.ts'

/** A Redis of its default settings that does not outlive this process, however that ends. */
export async function startBenchRedis(): Promise<LabRedis> {
  const server = await startRedis()
  process.once('exit', () => {
    server.process.child.kill('SIGKILL')
    rmSync(server.folder, { recursive: true, force: true })
  })
  return server
}
