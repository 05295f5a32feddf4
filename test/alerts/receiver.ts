import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'

export interface Received {
  method: string | undefined
  path: string | undefined
  headers: IncomingHttpHeaders
  body: string
}

export interface Receiver {
  /** Its path is a secret. */
  url: string
  host: string
  received: Received[]
  close(): void
}

/** An HTTP server on a free loopback port. It stores each request and answers it with `answer`. */
export async function startReceiver(
  answer: (response: ServerResponse, request: Received) => void,
): Promise<Receiver> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const { method, url: path, headers } = request
    const one = { method, path, headers, body: await text(request) }
    received.push(one)
    answer(response, one)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const host = `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  return {
    url: `http://${host}/services/s3cret`,
    host,
    received,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
