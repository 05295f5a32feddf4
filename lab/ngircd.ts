import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './ports.ts'
import { startProcess } from './process.ts'

/** Whether ngircd is on the path. `scripts/setup.sh --for-tests` installs it. */
export const hasNgircd = spawnSync('ngircd', ['--version']).status === 0

export interface LabIrc {
  readonly port: number
  /** Ends it as a crash does. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** A real IRC server on a free loopback port. */
export async function startNgircd(
  options: {
    port?: number
    password?: string
    /** Files in PEM. The port then takes TLS only. */
    tls?: { cert: string; key: string }
    /** Channels that exist from the start, with a key or modes such as `m`. */
    channels?: { name: string; key?: string; modes?: string }[]
    /** How many connections it takes from one address. Default: no limit. */
    maxConnectionsIP?: number
  } = {},
): Promise<LabIrc> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-ngircd-'))
  const port = options.port ?? (await freePort())
  const { tls, password } = options
  const config = join(folder, 'ngircd.conf')
  const lines = [
    ...['[Global]', 'Name = irc.lab.example', 'Listen = 127.0.0.1', 'MotdPhrase = hello'],
    tls === undefined ? `Ports = ${port}` : 'Ports = 0',
    ...(password === undefined ? [] : [`Password = ${password}`]),
    // Without it, ngircd makes everybody wait who says several lines at once.
    ...['[Limits]', 'MaxPenaltyTime = 0', `MaxConnectionsIP = ${options.maxConnectionsIP ?? 0}`],
    ...['[Options]', 'DNS = no', 'Ident = no', 'PAM = no', 'SyslogFacility = local7'],
    ...(tls ? ['[SSL]', `Ports = ${port}`, `CertFile = ${tls.cert}`, `KeyFile = ${tls.key}`] : []),
    ...(options.channels ?? []).flatMap(({ name, key, modes }) => [
      ...['[Channel]', `Name = ${name}`, `Modes = +${modes ?? ''}${key ? `k ${key}` : ''}`],
    ]),
  ]
  await writeFile(config, `${lines.join('\n')}\n`)
  const server = await startProcess({
    command: 'ngircd',
    args: ['--config', config, '--nodaemon'],
    logFile: join(folder, 'log'),
    ready: () => isListening(port),
    // As root it takes another user id, and the kernel then forgets to kill it at our death.
    deathSignal: 'SIGTERM',
  })
  const stop = async (signal: NodeJS.Signals) => {
    await server.stop(signal)
  }
  return {
    port,
    kill: () => stop('SIGKILL'),
    async close() {
      await stop('SIGTERM')
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
