import type { Readable } from 'node:stream'
import type { Answer } from './answer.ts'
import { hashesTo, isDigest } from './digest.ts'
import { digestTarget, pull, push, repositoryTarget } from './target.ts'
import type { Transport } from './transport.ts'
import { verified } from './verified.ts'

/** An upload that the registry has opened and that waits for its content. */
export interface Upload {
  url: string
}

/** A blob of a registry. */
export interface StoredBlob {
  /** The name under which the registry keeps it: for a blob that was uploaded by its SHA-512, its SHA-256. */
  digest: string
  /** bytes */
  size: number
}

export type Mount = { mounted: true } | { mounted: false; upload: Upload }

/** Bytes of a config. To parse a MiB takes up to 40 ms, and 4 MiB 200 ms. A usual config has some kB. */
export const CONFIG_LIMIT = 1024 * 1024

/** Blobs (distribution spec 1.1, "Pulling blobs", "Pushing Blobs", "Mounting a blob from another repository"). */
export function makeBlobApi(transport: Transport) {
  async function headBlob(repository: string, digest: string): Promise<StoredBlob | undefined> {
    const answer = await transport.send({
      ...digestTarget(transport, 'blob', repository, digest),
      method: 'HEAD',
      scopes: [pull(repository)],
      statuses: [200, 404],
    })
    await answer.discard()
    if (answer.status === 404) return undefined
    const size = Number(answer.header('content-length') ?? Number.NaN)
    if (Number.isNaN(size)) throw answer.error('the answer has no Content-Length')
    const stored = answer.header('docker-content-digest') ?? ''
    return { digest: isDigest(stored) ? stored : digest, size }
  }

  async function getBlob(repository: string, digest: string): Promise<Readable> {
    const answer = await transport.send({
      ...digestTarget(transport, 'blob', repository, digest),
      method: 'GET',
      scopes: [pull(repository)],
      statuses: [200],
    })
    return verified(answer, digest, transport.limits.blobRate)
  }

  async function getConfig(repository: string, digest: string): Promise<Buffer> {
    const answer = await transport.send({
      ...digestTarget(transport, 'blob', repository, digest),
      method: 'GET',
      scopes: [pull(repository)],
      statuses: [200],
    })
    const bytes = await answer.bytes(CONFIG_LIMIT)
    if (!hashesTo(bytes, digest)) throw answer.error('the content does not hash to the digest')
    return bytes
  }

  async function mountBlob(repository: string, digest: string, from: string): Promise<Mount> {
    const { resource } = digestTarget(transport, 'blob', repository, digest)
    digestTarget(transport, 'blob', from, digest) // Checks the name `from`.
    const answer = await transport.send({
      method: 'POST',
      resource: `mount ${resource} from ${from}`,
      url: `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`,
      scopes: [push(repository), pull(from)],
      statuses: [201, 202],
    })
    await answer.discard()
    return answer.status === 201 ? { mounted: true } : { mounted: false, upload: uploadIn(answer) }
  }

  async function openUpload(repository: string): Promise<Upload> {
    const answer = await transport.send({
      ...repositoryTarget(transport, repository, 'upload', 'blobs/uploads/'),
      method: 'POST',
      scopes: [push(repository)],
      statuses: [202],
    })
    await answer.discard()
    return uploadIn(answer)
  }

  async function uploadBlob(
    repository: string,
    blob: { digest: string; size: number },
    body: Readable,
    upload?: Upload,
  ): Promise<void> {
    body.on('error', () => {}) // The request that reads the body reports its error.
    try {
      const { resource } = digestTarget(transport, 'blob', repository, blob.digest)
      const { url } = upload ?? (await openUpload(repository))
      const answer = await transport.send({
        method: 'PUT',
        resource,
        url: `${url}${url.includes('?') ? '&' : '?'}digest=${blob.digest}`,
        scopes: [push(repository)],
        statuses: [201],
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
        body,
        timeoutMs: transport.limits.longAnswerMs, // On object storage the registry copies the content before it answers.
      })
      await answer.discard()
    } finally {
      body.destroy()
    }
  }

  return { headBlob, getBlob, getConfig, mountBlob, uploadBlob }
}

/** The upload that an answer names. Its Location may be relative. */
function uploadIn(answer: Answer): Upload {
  const location = answer.header('location')
  if (location === undefined || !URL.canParse(location, answer.url.href))
    throw answer.error('it opened an upload without a valid Location')
  return { url: new URL(location, answer.url).href }
}
