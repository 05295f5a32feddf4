import { addAbortSignal } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { CopyClient } from '../promotion/copy/copy-client.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { type Content, type Damage, damageOf } from './damage.ts'

/**
 * Reads and hashes a content, and gives what is wrong with it. `onRead` is told each bytes that arrive, also those of a reading that
 * fails. A registry whose cache has what its storage has lost answers 500, also the second time: that is missing.
 * @throws RegistryError of any other failure: it says nothing about the content; AbortError once `signal` says so
 */
export async function readContent(
  from: { client: Pick<CopyClient, 'getBlob' | 'headBlob'>; repository: string },
  content: Content,
  { onRead = () => {}, signal }: { onRead?: (bytes: number) => void; signal?: AbortSignal } = {},
  attempt: 'first' | 'second' = 'first',
): Promise<Damage | undefined> {
  const { client, repository } = from
  let bytes = 0
  try {
    const given = await client.getBlob(repository, content.digest)
    const stream = signal ? addAbortSignal(signal, given) : given
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      onRead(chunk.length)
    })
    await finished(stream)
    return damageOf(content, bytes)
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error
    if (error.isWrongContent) return { ...content, fault: 'corrupt', found: bytes }
    const isGone = error.status === 404 && (await isAbsent(from, content, error))
    if (isGone) return { ...content, fault: 'missing' }
    if (error.status !== 500) throw error
    return attempt === 'first'
      ? readContent(from, content, { onRead, ...(signal && { signal }) }, 'second')
      : { ...content, fault: 'missing' }
  }
}

/** Whether it is the registry that answered 404, and not a proxy without it. */
async function isAbsent(
  { client, repository }: Parameters<typeof readContent>[0],
  { digest }: Content,
  error: RegistryError,
): Promise<boolean> {
  return !error.retry || (await client.headBlob(repository, digest)) === undefined
}
