import type { Readable } from 'node:stream'
import type { Answer } from './answer.ts'
import { readContent } from './content.ts'
import { hashesTo, isDigest } from './digest.ts'
import { requireRegistry } from './require-registry.ts'
import { digestTarget, pull } from './target.ts'
import type { RegistryRequest, Transport } from './transport.ts'

/** A blob of a registry. */
export interface StoredBlob {
  /** The name under which the registry keeps it: for a blob that was uploaded by its SHA-512, its SHA-256. */
  digest: string
  /** bytes. `undefined` if the registry tells it neither in answer to HEAD nor to a GET of the first byte. */
  size: number | undefined
}

/** Bytes of a config. To parse a MiB takes up to 40 ms, and 4 MiB 200 ms. A usual config has some kB. */
export const CONFIG_LIMIT = 1024 * 1024

/** Reads blobs (distribution spec 1.1, "Pulling blobs"). */
export function makeBlobApi(transport: Transport) {
  const ask = (
    repository: string,
    digest: string,
    request: Pick<RegistryRequest, 'method' | 'statuses' | 'headers'>,
  ): Promise<Answer> =>
    transport.send({
      ...digestTarget(transport, 'blob', repository, digest),
      scopes: [pull(repository)],
      ...request,
    })

  async function headBlob(repository: string, digest: string): Promise<StoredBlob | undefined> {
    const answer = await ask(repository, digest, { method: 'HEAD', statuses: [200, 404] })
    await answer.discard()
    if (answer.status === 404) {
      await requireRegistry(transport, answer)
      return undefined
    }
    const stored = answer.header('docker-content-digest') ?? ''
    const size = numberIn(answer.header('content-length')) ?? (await sizeByRange(repository, digest))
    return { digest: isDigest(stored) ? stored : digest, size }
  }

  const askFirstByte = (repository: string, digest: string) =>
    ask(repository, digest, {
      method: 'GET',
      statuses: [200, 206, 404, 416],
      headers: { range: 'bytes=0-0' },
    })

  async function sizeByRange(repository: string, digest: string): Promise<number | undefined> {
    const answer = await askFirstByte(repository, digest)
    await answer.discard()
    if (answer.status === 200) return numberIn(answer.header('content-length'))
    return numberIn(/\/(\d+)$/.exec(answer.header('content-range') ?? '')?.[1])
  }

  async function readsBlob(repository: string, digest: string): Promise<boolean> {
    const answer = await askFirstByte(repository, digest)
    if (answer.status === 404) {
      await answer.discard()
      await requireRegistry(transport, answer)
      return false
    }
    if (hashesTo(Buffer.alloc(0), digest)) {
      await answer.discard()
      return true
    }
    if (answer.status === 200 || answer.status === 206) return answer.hasBytes()
    await answer.discard()
    return false
  }

  const getBlob = (repository: string, digest: string, { from = 0 } = {}): Promise<Readable> =>
    readContent({
      digest,
      from,
      limits: transport.limits,
      ask: (at) =>
        ask(repository, digest, {
          method: 'GET',
          statuses: at === 0 ? [200] : [200, 206, 416],
          headers: at === 0 ? {} : { range: `bytes=${at}-` },
        }),
    })

  async function getConfig(repository: string, digest: string): Promise<Buffer> {
    const answer = await ask(repository, digest, { method: 'GET', statuses: [200] })
    const bytes = await answer.bytes(CONFIG_LIMIT)
    if (!hashesTo(bytes, digest)) throw answer.wrongContent('the content does not hash to the digest')
    return bytes
  }

  return { headBlob, blobSize: sizeByRange, readsBlob, getBlob, getConfig }
}

const numberIn = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
