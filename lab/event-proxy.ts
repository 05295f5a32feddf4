import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a proxy between a registry and Tallyman does with a delivery. */
export type OnTheWay = 'pass' | 'swallow' | 'refuse' | 'cut'

export interface EventProxy {
  /** `http://127.0.0.1:port` */
  readonly url: string
  /**
   * Decides about each delivery, by its body: to pass it on, to answer 202 in place of Tallyman, to refuse it with 503, or to close
   * the connection.
   */
  decide: (body: string) => OnTheWay
  close(): Promise<void>
}

/** A proxy before the events route at `to`, a URL without a path. */
export async function startEventProxy(to: string): Promise<EventProxy> {
  const proxy = { decide: (_: string): OnTheWay => 'pass' }
  const server = createServer((asked, answer) => {
    const chunks: Buffer[] = []
    asked.on('data', (chunk: Buffer) => chunks.push(chunk))
    asked.on('end', () => {
      const body = Buffer.concat(chunks)
      const what = proxy.decide(body.toString())
      if (what === 'swallow') return answer.writeHead(202).end()
      if (what === 'refuse') return answer.writeHead(503).end()
      if (what === 'cut') return asked.socket.destroy()
      const { method, headers, url = '' } = asked
      const onward = request(new URL(url, to), { method, headers, agent: false }, (theirs) => {
        answer.writeHead(theirs.statusCode ?? 502)
        theirs.pipe(answer)
      })
      onward.on('error', () => answer.destroy())
      return onward.end(body)
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(proxy, {
    url,
    async close() {
      server.closeAllConnections()
      server.close()
    },
  })
}
