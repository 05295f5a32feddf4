import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { type Started, startProcess } from './process.ts'

export interface LabRedis {
  readonly url: string
  readonly port: number
  readonly folder: string
  readonly process: Started
  /** Stops the server and removes its folder. */
  close(): Promise<void>
}

/** A real redis-server on a free loopback port, with its own folder. `args` are further settings of redis.conf. */
export async function startRedis(
  options: { port?: number; folder?: string; args?: string[] } = {},
): Promise<LabRedis> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'tallyman-redis-')))
  const port = options.port ?? (await freePort())
  const started = await startProcess({
    command: 'redis-server',
    args: [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--save',
      '',
      ...(options.args ?? []),
    ],
    logFile: join(folder, 'redis.log'),
    ready: () => answersPing(port),
  })
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    folder,
    process: started,
    async close() {
      await started.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Whether a Redis or a Sentinel answers on this port. */
export function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'))
    const answer = (ok: boolean) => {
      socket.destroy()
      resolve(ok)
    }
    socket.setTimeout(1000, () => answer(false))
    socket.once('data', (data) => answer(data.toString().startsWith('+PONG')))
    socket.once('error', () => answer(false))
  })
}
