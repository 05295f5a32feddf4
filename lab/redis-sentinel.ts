import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePorts } from './ports.ts'
import { type Started, startProcess } from './process.ts'
import { answersPing, type LabRedis, startRedis } from './redis.ts'
import { untilReplicated } from './replication.ts'
import { eventually } from './tallyman.ts'

export interface LabSentinel {
  /** For `redis.url` of Tallyman's configuration. */
  readonly url: string
  /** The master, as long as there was no failover. */
  readonly master: LabRedis
  /** Its replica, as long as there was no failover. */
  readonly replica: LabRedis
  /** Stops every process and removes its folder. */
  close(): Promise<void>
}

const MASTER = 'lab-master'
const SENTINELS = 3

/**
 * A real master, its replica and three sentinels on free loopback ports. The sentinels replace a dead master after about
 * 2 s.
 */
export async function startSentinel(): Promise<LabSentinel> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-sentinel-'))
  const running: { close(): Promise<void> }[] = []
  const close = async () => {
    for (const one of running.splice(0).reverse()) await one.close()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    const ports = await freePorts(2 + SENTINELS)
    const [masterPort = 0, replicaPort = 0, ...sentinelPorts] = ports
    const master = await startRedis({ port: masterPort, args: ['--repl-diskless-sync-delay', '0'] })
    running.push(master)
    const args = ['--replicaof', '127.0.0.1', `${masterPort}`]
    const replica = await startRedis({ port: replicaPort, args })
    running.push(replica)
    await untilReplicated(master, replica)
    for (const port of sentinelPorts) {
      const { stop } = await startSentinelServer(folder, port, masterPort)
      running.push({ close: stop })
    }
    await Promise.all(sentinelPorts.map(untilReady))
    const hosts = sentinelPorts.map((port) => `127.0.0.1:${port}`)
    return { url: `redis+sentinel://${hosts.join(',')}/${MASTER}`, master, replica, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** A sentinel writes its state into its configuration file. */
async function startSentinelServer(folder: string, port: number, masterPort: number): Promise<Started> {
  const file = join(folder, `${port}.conf`)
  const settings = [
    ...[`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`],
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${MASTER} 1000`,
    `sentinel failover-timeout ${MASTER} 5000`,
  ]
  await writeFile(file, `${settings.join('\n')}\n`)
  return startProcess({
    command: 'redis-server',
    args: [file, '--sentinel'],
    logFile: join(folder, `${port}.log`),
    ready: () => answersPing(port),
  })
}

/** Waits until a sentinel knows the replica and the other sentinels. Before that it replaces no master. */
async function untilReady(port: number): Promise<void> {
  const client = new Redis(port)
  try {
    await eventually(
      async () => String(await client.call('SENTINEL', 'CKQUORUM', MASTER)),
      (text) => text.startsWith(`OK ${SENTINELS} usable`),
    )
    await eventually(
      async () => await client.call('SENTINEL', 'REPLICAS', MASTER),
      (replicas) => Array.isArray(replicas) && replicas.length === 1,
    )
  } finally {
    client.disconnect()
  }
}
