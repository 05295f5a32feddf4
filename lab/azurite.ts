import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { startProcess } from './process.ts'

/** The account that every Azurite has, with its key, as its documentation tells. */
export const AZURITE_ACCOUNT = {
  accountName: 'devstoreaccount1',
  accountKey: 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
}

/** Whether Azurite is on the path. `lab/azurite.sh DIR` fetches it. */
export const hasAzurite = spawnSync('azurite-blob', ['--version']).status === 0

/** Microsoft's own server of the Blob protocol on a free loopback port, in memory. */
export async function startAzurite() {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-azurite-'))
  const port = await freePort()
  const serviceUrl = `http://127.0.0.1:${port}/${AZURITE_ACCOUNT.accountName}`
  const server = await startProcess({
    command: 'azurite-blob',
    args: [
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port)],
      ...['--inMemoryPersistence', '--silent', '--disableTelemetry', '--skipApiVersionCheck'],
    ],
    logFile: join(folder, 'log'),
    // It answers 400 to a request without a version.
    ready: async () => (await fetch(serviceUrl)).status > 0,
  })
  return {
    serviceUrl,
    async close() {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
