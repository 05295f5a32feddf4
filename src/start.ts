import closeWithGrace from 'close-with-grace'
import { compose, type Duties } from './compose.ts'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load.ts'
import { makeLog } from './platform/log.ts'

/** How long jobs in hand may take to finish after a request to stop, in ms. */
const GRACE_MS = 25_000

/**
 * Runs this process' duties until it is told to stop. The configuration is `$TALLYMAN_CONFIG`, or else `tallyman.yaml`.
 * If it is wrong, each problem is printed and nothing starts.
 */
export async function start(duties: Duties): Promise<void> {
  const file = process.env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
  const config = await loadConfig(file, process.env).catch((error) => fail(error))
  const log = makeLog(config.log.level)
  const tallyman = await compose(config, duties, log).catch((error) => fail(error))
  closeWithGrace({ delay: GRACE_MS, logger: log }, async ({ signal, err }) => {
    if (err) log.fatal({ err }, 'stopping after an error')
    else log.info({ signal }, 'stopping: jobs in hand finish first')
    await tallyman.close()
  })
  const { http } = tallyman
  if (http) await http.app.listen({ host: http.host, port: http.port }).catch((error) => fail(error))
  log.info({ queues: duties.queues, registries: Object.keys(config.registries) }, 'tallyman is up')
}

function fail(error: unknown): never {
  const hint = 'Every key there is: tallyman.example.yaml. Another file: TALLYMAN_CONFIG.'
  const text =
    error instanceof ConfigError ? `The configuration is wrong:\n${error.message}\n${hint}` : String(error)
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
