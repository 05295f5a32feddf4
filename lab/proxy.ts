import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface LabProxy {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /** What it was asked for: `CONNECT host:port`, or method and URL of a plain request. */
  readonly asked: string[]
  close(): Promise<void>
}

/** A small HTTP proxy: tunnels what comes with CONNECT, and passes plain requests on. `login`, `user:password`, is required if given. */
export async function startProxy(login?: string): Promise<LabProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const isAllowed = ({ headers }: IncomingMessage) =>
    login === undefined || headers['proxy-authorization'] === `Basic ${Buffer.from(login).toString('base64')}`

  function passOn(asking: IncomingMessage, answer: ServerResponse) {
    asked.push(`${asking.method} ${asking.url}`)
    if (!isAllowed(asking)) return answer.writeHead(407).end()
    const { method, headers, url = '' } = asking
    const onward = request(url, { method, headers }, (theirs) => {
      answer.writeHead(theirs.statusCode ?? 502, theirs.headers)
      theirs.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    return asking.pipe(onward)
  }

  const server = createServer(passOn)
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  })
  server.on('connect', (asking: IncomingMessage, client: Socket, head: Buffer) => {
    asked.push(`CONNECT ${asking.url}`)
    if (!isAllowed(asking)) return client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const { hostname, port } = new URL(`http://${asking.url}`)
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    sockets.add(upstream)
    upstream.on('error', () => client.destroy()).on('close', () => sockets.delete(upstream))
    return client.on('close', () => upstream.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
