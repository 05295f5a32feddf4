import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { makeRegistryClient } from '../../src/registry/client.ts'
import type { Limits } from '../../src/registry/limits.ts'

export interface ReceivedRequest {
  method: string
  path: string
  authorization: string | undefined
  range: string | undefined
  body: string
}

export interface ScriptedServer {
  url: string
  /** All requests, in order. */
  requests: ReceivedRequest[]
  close(): Promise<void>
}

/** A server that a test scripts. It records its requests. */
export async function startServer(
  answer: (request: ReceivedRequest, response: ServerResponse) => unknown,
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const { method = '', url: path = '', headers } = request
    const { authorization, range } = headers
    const entry = { method, path, authorization, range, body: await text(request) }
    requests.push(entry)
    await answer(entry, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const ociError = (code: string, message: string): string =>
  JSON.stringify({ errors: [{ code, message }] })

/** Sends a byte every 10 ms, for ever. */
export function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write(' '), 10)
  response.on('close', () => clearInterval(timer))
}

/** A scripted registry and a client of it. Both are closed at the end of the test. */
export async function registryThat(answer: Parameters<typeof startServer>[0], limits: Partial<Limits> = {}) {
  const registry = await startServer(answer)
  const client = makeRegistryClient({ name: 'lab', url: registry.url, limits })
  onTestFinished(async () => {
    await client.close()
    await registry.close()
  })
  return { registry, client }
}
