import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface PostOffice {
  /** Where a registry sends its notifications. */
  readonly url: string
  /** `deliver`: passes them on. `lose`: accepts them, and they are gone. `refuse`: answers 503, so that they stay at the registry. */
  become(mode: 'deliver' | 'lose' | 'refuse'): void
  close(): Promise<void>
}

/** Stands between a registry and the URL to which its notifications go. */
export async function startPostOffice(to: string): Promise<PostOffice> {
  let mode: Parameters<PostOffice['become']>[0] = 'deliver'
  const server = createServer(async (incoming, answer) => {
    const body = await buffer(incoming)
    if (mode !== 'deliver') return answer.writeHead(mode === 'lose' ? 202 : 503).end()
    const { authorization = '', 'content-type': type = '' } = incoming.headers
    const headers = { authorization, 'content-type': type }
    const status = await fetch(to, { method: 'POST', headers, body }).then(
      async (passed) => {
        await passed.body?.cancel()
        return passed.status
      },
      () => 502,
    )
    return answer.writeHead(status).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/events`,
    become(next) {
      mode = next
    },
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
