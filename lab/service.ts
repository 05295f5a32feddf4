import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'yaml'
import { freePort } from './ports.ts'
import { type Started, startProcess } from './process.ts'
import { ADMIN_TOKEN, READ_TOKEN, WEBHOOK_TOKEN } from './tallyman.ts'

export interface LabService {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly port: number
  readonly folder: string
  /** `node src/main.ts`; resolves once it can serve requests. */
  startApi(args?: string[]): Promise<Started>
  /** One more, on a port of its own. */
  startAnotherApi(): Promise<{ url: string; process: Started }>
  /** `node workers/main.ts` with these queues. */
  startWorker(...queues: string[]): Promise<Started>
  /** Stops what was started, also what is frozen, and removes the folder. */
  close(): Promise<void>
}

/**
 * Tallyman's programs as users start them, each a process of its own. With `redisUrl` they share that Redis; without,
 * the API starts one of its own. `config` is laid over a minimal configuration with one registry, `ci`.
 */
export async function makeService(
  options: { redisUrl?: string; config?: Record<string, unknown> } = {},
): Promise<LabService> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-service-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const file = join(folder, 'tallyman.yaml')
  await writeFile(
    file,
    stringify({
      server: { port, readToken: READ_TOKEN, adminToken: ADMIN_TOKEN },
      registries: { ci: { url: 'http://127.0.0.1:1', token: WEBHOOK_TOKEN } },
      dataDir: folder,
      ...options.config,
    }),
  )
  // A developer's own settings reach no test.
  const outside = Object.entries(process.env).filter(
    ([key]) => key !== 'REDIS_URL' && !key.startsWith('TALLYMAN_'),
  )
  const redis = options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }
  const env = { ...Object.fromEntries(outside), TALLYMAN_CONFIG: file, ...redis }
  const program = (path: string) => new URL(`../${path}`, import.meta.url).pathname
  const running: Started[] = []
  const run = async (args: string[], log: string, ready: () => Promise<boolean>, more = {}) => {
    const logFile = join(folder, `${log}.log`)
    const options = { command: process.execPath, args, logFile, env: { ...env, ...more }, ready }
    const started = await startProcess(options)
    running.push(started)
    return started
  }
  const isReady = async (api: string) => {
    const answer = await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(1_000) })
    await answer.body?.cancel()
    return answer.ok
  }
  return {
    ...{ url, port, folder },
    startApi: (args = []) => run([program('src/main.ts'), ...args], 'api', () => isReady(url)),
    async startAnotherApi() {
      const port = await freePort()
      const other = `http://127.0.0.1:${port}`
      const more = { TALLYMAN_SERVER__PORT: `${port}` }
      return { url: other, process: await run([program('src/main.ts')], 'api', () => isReady(other), more) }
    },
    startWorker: (...queues) => run([program('workers/main.ts'), ...queues], 'workers', async () => true),
    async close() {
      for (const started of running.reverse()) {
        // A frozen process meets no SIGTERM.
        started.child.kill('SIGCONT')
        await started.stop()
      }
      await sleep(50)
      await rm(folder, { recursive: true, force: true })
    },
  }
}
