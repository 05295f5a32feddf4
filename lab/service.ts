import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  /** Another API on another port. */
  startAnotherApi(): Promise<{ url: string; process: Started }>
  /** `node workers/main.ts` with these queues. */
  startWorker(...queues: string[]): Promise<Started>
  /** Stops every process it started, frozen ones among them, and removes the folder. */
  close(): Promise<void>
}

/**
 * Tallyman's programs as users start them, each in its own process. They share the Redis at `redisUrl`; without it the
 * API starts a Redis of its own. `config` replaces keys of a minimal configuration with one registry, `ci`; `env` adds to the
 * environment.
 */
export async function makeService(
  options: { redisUrl?: string; config?: Record<string, unknown>; env?: NodeJS.ProcessEnv } = {},
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
      reconcile: { atFirstStart: false, ...Object(options.config?.reconcile) },
    }),
  )
  // Tests must not see a developer's own settings.
  const outside = Object.entries(process.env).filter(
    ([key]) => key !== 'REDIS_URL' && !/^TALLYMAN_|^OTEL_|_proxy$/i.test(key),
  )
  const redis = options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }
  const env = { ...Object.fromEntries(outside), TALLYMAN_CONFIG: file, ...redis, ...options.env }
  const program = (path: string) => join(import.meta.dirname, '..', path)
  const running: Started[] = []
  // A service with a Redis of its own is asked to stop, so that it stops that one, too.
  const deathSignal = options.redisUrl === undefined ? 'SIGTERM' : 'SIGKILL'
  const run = async (args: string[], log: string, ready: () => Promise<boolean>, more = {}) => {
    const started = await startProcess({
      command: process.execPath,
      args,
      logFile: join(folder, `${log}.log`),
      env: { ...env, ...more },
      ready,
      deathSignal,
    })
    running.push(started)
    return started
  }
  const isReady = async (api: string) => {
    const answer = await fetch(`${api}/readyz`, { signal: AbortSignal.timeout(10_000) })
    await answer.body?.cancel()
    return answer.ok
  }
  return {
    url,
    port,
    folder,
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
        // A frozen process does not see SIGTERM.
        started.child.kill('SIGCONT')
        await started.stop()
      }
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
