import { finished } from 'node:stream/promises'
import type { CopyClient } from '../promotion/copy/copy-client.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { type Content, type Damage, damageOf } from './damage.ts'

/** What came of reading all of a content. */
export interface ReadContent {
  /** Bytes that were read. */
  bytes: number
  damage: Damage | undefined
}

/** Whether a registry answered, and with content that is not what was asked for. */
export const isWrongContent = (error: unknown): error is RegistryError =>
  error instanceof RegistryError && error.status === undefined && error.codes.length === 0 && !error.retry

/**
 * Reads and hashes a content. A registry whose cache has what its storage has lost answers 500, also the second time: that is
 * missing. @throws RegistryError of any other failure: it says nothing about the content
 */
export async function readContent(
  { client, repository }: { client: Pick<CopyClient, 'getBlob'>; repository: string },
  content: Content,
  attempt: 'first' | 'second' = 'first',
): Promise<ReadContent> {
  let bytes = 0
  try {
    const stream = await client.getBlob(repository, content.digest)
    stream.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    await finished(stream)
    return { bytes, damage: damageOf(content, bytes) }
  } catch (error) {
    if (isWrongContent(error)) return { bytes, damage: { ...content, fault: 'corrupt', found: bytes } }
    if (!(error instanceof RegistryError)) throw error
    if (error.status === 404) return { bytes, damage: { ...content, fault: 'missing' } }
    if (error.status !== 500) throw error
    return attempt === 'first'
      ? readContent({ client, repository }, content, 'second')
      : { bytes, damage: { ...content, fault: 'missing' } }
  }
}
