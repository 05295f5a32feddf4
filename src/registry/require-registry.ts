import type { Answer } from './answer.ts'
import { TRUE_NOW } from './target.ts'
import type { Transport } from './transport.ts'

/**
 * To be asked after a 404. A proxy without its registry answers 404 to everything, and in text, which registries seldom do: then
 * the API itself is asked for. @throws RegistryError if that is not there
 */
export async function requireRegistry(transport: Transport, { label, header }: Answer): Promise<void> {
  if (header('content-type')?.startsWith('text/') !== true) return
  const answer = await transport.send({
    ...{ method: 'GET', resource: 'ping', url: '/v2/', scopes: [], statuses: [200, 404], headers: TRUE_NOW },
  })
  await answer.discard()
  if (answer.status === 404)
    throw transport.error(label.operation, 'it answers 404, also to /v2/: it is no registry now', {
      retry: true,
    })
}
