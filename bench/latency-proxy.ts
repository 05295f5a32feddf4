import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A TCP proxy on a loopback port. What a client sends arrives `ms` later, and so does its connection. */
export async function startLatencyProxy(to: string, ms: number) {
  const { hostname, port } = new URL(to)
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, async (client) => {
    const upstream = connect({ port: Number(port), host: hostname, noDelay: true })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one
        .on('error', () => other.destroy())
        .on('close', () => {
          sockets.delete(one)
          other.destroy()
        })
    }
    upstream.pipe(client)
    await sleep(ms)
    client.on('data', (chunk) => setTimeout(() => upstream.writable && upstream.write(chunk), ms))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: `http://${host}`,
    host,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
