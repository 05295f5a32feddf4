import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePorts } from './ports.ts'
import { type LabRedis, startRedis } from './redis.ts'
import { untilReplicated } from './replication.ts'
import { eventually } from './tallyman.ts'

const SLOTS = 16_384

export interface LabRedisCluster {
  /** As Tallyman's configuration has it. */
  readonly url: string
  /** Each has an even share of the slots, in this order. */
  readonly nodes: readonly LabRedis[]
  /** The first node's replica, the second's and so on, then from the first again. */
  readonly replicas: readonly LabRedis[]
  /** Which node serves a key as long as there was no failover: its index. */
  nodeOf(key: string): Promise<number>
  /** Stops every node and removes its folder. */
  close(): Promise<void>
}

/**
 * A real Redis Cluster on free loopback ports, with every slot served and so many replicas for each master; takes about
 * 2 s. A master that is gone is replaced after some 3 s.
 */
export async function startRedisCluster(options: {
  nodes: number
  replicas: number
}): Promise<LabRedisCluster> {
  const count = options.nodes * (1 + options.replicas)
  const ports = await freePorts(2 * count)
  const busPorts = ports.slice(count)
  const started: LabRedis[] = []
  const close = async () => void (await Promise.all(started.map((node) => node.close())))
  try {
    for (const [i, busPort] of busPorts.entries())
      started.push(await startRedis({ port: ports[i] ?? 0, args: clusterArgs(busPort) }))
    const nodes = started.slice(0, options.nodes)
    const replicas = started.slice(options.nodes)
    await withClients(started, (clients) => join(clients, options.nodes, [ports[0] ?? 0, busPorts[0] ?? 0]))
    const synced = replicas.map((replica, i) => untilReplicated(nodes[i % nodes.length] ?? replica, replica))
    await Promise.all(synced)
    return {
      ...{ nodes, replicas, close },
      url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
      nodeOf: (key) =>
        withClients(nodes.slice(0, 1), async ([client]) =>
          Math.floor((Number(await client?.cluster('KEYSLOT', key)) * nodes.length) / SLOTS),
        ),
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** The bus would take the port 10,000 above, which may not be free. */
const clusterArgs = (busPort: number): string[] => [
  ...['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`],
  ...['--cluster-config-file', 'nodes.conf', '--cluster-node-timeout', '2000'],
  // A replica is told all at once, without waiting for further ones.
  ...['--repl-diskless-sync-delay', '0'],
]

async function withClients<T>(
  nodes: readonly LabRedis[],
  use: (clients: readonly Redis[]) => Promise<T>,
): Promise<T> {
  const clients = nodes.map(({ port }) => new Redis(port))
  try {
    return await use(clients)
  } finally {
    for (const client of clients) client.disconnect()
  }
}

/** Makes one cluster of all; `first` is where the first is met: port and bus port. */
async function join(clients: readonly Redis[], masters: number, first: [number, number]): Promise<void> {
  for (const [i, client] of clients.entries()) {
    if (i < masters) {
      const [start, end] = [i, i + 1].map((n) => Math.floor((n * SLOTS) / masters))
      await client.call('CLUSTER', 'ADDSLOTSRANGE', start ?? 0, (end ?? 0) - 1)
      // Their epochs would be made to differ later, and until then two nodes could contradict each other.
      await client.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1)
    }
    if (i > 0) await client.call('CLUSTER', 'MEET', '127.0.0.1', ...first)
  }
  await Promise.all(clients.map((client) => untilComplete(client, clients.length)))
  const ids = await Promise.all(clients.map((client) => client.cluster('MYID')))
  for (const [i, client] of clients.entries())
    if (i >= masters) {
      const id = String(ids[(i - masters) % masters])
      await client.call('CLUSTER', 'REPLICATE', id)
    }
  const replicas = clients.length - masters
  await Promise.all(clients.map((client) => untilTold(client, replicas)))
}

/** Until a node knows of so many of all the nodes that they are replicas. */
async function untilTold(client: Redis, replicas: number): Promise<void> {
  await eventually(
    async () => String(await client.call('CLUSTER', 'NODES')),
    (nodes) => [...nodes.matchAll(/[ ,]slave /g)].length === replicas,
  )
}

/** Until a node sees every slot served and knows all the others. */
async function untilComplete(client: Redis, nodes: number): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(50)) {
    const info = String(await client.call('CLUSTER', 'INFO'))
    if (/cluster_state:ok/.test(info) && info.includes(`cluster_known_nodes:${nodes}\r`)) return
  }
  throw new Error('the cluster was not complete after 20 s')
}
