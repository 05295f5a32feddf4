import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { makeRegistryClient } from '../../src/registry/client.ts'

export interface Seen {
  method: string
  path: string
  authorization: string | undefined
  body: string
}

export interface ScriptedServer {
  url: string
  /** Every request, in order. */
  seen: Seen[]
  close(): Promise<void>
}

/** Answers as a test says, and remembers what it was asked. */
export async function startServer(
  answer: (request: Seen, response: ServerResponse) => unknown,
): Promise<ScriptedServer> {
  const seen: Seen[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    const { method = '', url: path = '', headers } = request
    const entry = { method, path, authorization: headers.authorization, body: await text(request) }
    seen.push(entry)
    await answer(entry, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const ociError = (code: string, message: string): string =>
  JSON.stringify({ errors: [{ code, message }] })

/** A registry that answers so, and a client of it, until the test is over. */
export async function registryThat(answer: Parameters<typeof startServer>[0]) {
  const registry = await startServer(answer)
  const client = makeRegistryClient({ name: 'lab', url: registry.url })
  onTestFinished(async () => {
    await client.close()
    await registry.close()
  })
  return { registry, client }
}
