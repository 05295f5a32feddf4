import closeWithGrace from 'close-with-grace'
import { compose, type Duties, type Tallyman } from './compose.ts'
import { ConfigError } from './config/config-error.ts'
import { exampleFile } from './config/example-file.ts'
import { warnOfExposedSecrets } from './config/exposed-secrets.ts'
import { loadConfig } from './config/load.ts'
import { type Logger, makeLog } from './platform/log.ts'
import type { ReloadSignal } from './platform/reload-signal.ts'
import { onStopSignal } from './platform/stop-signals.ts'
import { startTracing } from './platform/tracing.ts'

/** How long jobs in hand may take to finish after a request to stop, in ms. */
const GRACE_MS = 25_000

/**
 * Runs this process' duties until it is told to stop. The configuration is `$TALLYMAN_CONFIG`, or else `tallyman.yaml`.
 * If it is wrong, each problem is printed and nothing starts. A SIGHUP that comes during the start is served after it.
 */
export async function start(duties: Duties, reloadSignal: ReloadSignal): Promise<void> {
  // The index and the store tell who pushed what.
  process.umask(0o077)
  const file = process.env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
  const config = await loadConfig(file, process.env).catch((error) => fail(error))
  const log = makeLog(config.log.level)
  const exposed = await warnOfExposedSecrets(file)
  if (exposed !== undefined) log.warn(exposed)
  const registries = Object.values(config.registries).map(({ url }) => url)
  const tracing = await startTracing(process.env, { log, registries }).catch((error) => fail(error))
  let up: Tallyman | undefined
  let signal: NodeJS.Signals | undefined
  const grace = closeWithGrace(
    { delay: GRACE_MS, logger: log, skip: ['SIGTERM', 'SIGINT', 'SIGHUP'] },
    async ({ err, signal: other }) => {
      if (err) log.fatal({ err }, 'stopping after an error')
      else log.info({ signal: signal ?? other }, 'stopping: jobs in hand finish first')
      // During a start nothing is in hand: the process only has to end.
      await up?.close()
      await tracing?.stop()
      log.info('stopped')
    },
  )
  const stop = (received: NodeJS.Signals) => {
    signal = received
    grace.close()
  }
  onStopSignal(stop)
  const { promise: isUp, resolve: noteUp } = Promise.withResolvers<Tallyman>()
  reloadSignal.on({
    reload: async () => reload(file, log, await isUp),
    stop: () => stop('SIGHUP'),
  })
  const tallyman = await compose(config, duties, log, tracing).catch((error) => fail(error))
  try {
    await tallyman.listen()
    await tallyman.work()
  } catch (error) {
    await tallyman.close()
    fail(error)
  }
  up = tallyman
  noteUp(tallyman)
  log.info({ queues: duties.queues, registries: Object.keys(config.registries) }, 'tallyman is up')
}

/** Reads the configuration again. If it is wrong, the log says why and nothing changes. */
async function reload(file: string, log: Logger, tallyman: Tallyman): Promise<void> {
  try {
    const next = await loadConfig(file, process.env)
    const { changed, needRestart, failures } = await tallyman.reload(next)
    log.level = next.log.level
    log.info({ changed }, 'the configuration was reloaded')
    if (failures.length > 0)
      log.error({ failures }, 'the settings are in force, but schedules or flags could not be written')
    if (needRestart.length > 0) log.warn({ needRestart }, 'these changes take effect after a restart')
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll('\n', '; ') : String(error)
    log.error({ reason }, 'the configuration was not reloaded, and nothing was changed')
  }
}

function fail(error: unknown): never {
  process.stderr.write(`${error instanceof Error ? explain(error) : error}\n`)
  process.exit(1)
}

function explain(error: Error): string {
  if (error instanceof ConfigError)
    return `The configuration is wrong:\n${error.message}\nEvery key there is: ${exampleFile()}. Another file: TALLYMAN_CONFIG.`
  // An error of another class is a fault of ours: where it was thrown helps.
  return error.constructor === Error ? error.message : (error.stack ?? String(error))
}
