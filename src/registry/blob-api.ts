import type { Readable } from 'node:stream'
import type { Answer } from './answer.ts'
import { LONG_TIMEOUT_MS } from './http-client.ts'
import { digestTarget, pull, push, repositoryTarget } from './target.ts'
import type { Transport } from './transport.ts'
import { verified } from './verified.ts'

/** An upload that the registry has opened and that waits for its content. */
export interface Upload {
  url: string
}

export type Mount = { mounted: true } | { mounted: false; upload: Upload }

/** Blobs (distribution spec 1.1, "Pulling blobs", "Pushing Blobs", "Mounting a blob from another repository"). */
export function makeBlobApi(transport: Transport) {
  async function headBlob(repository: string, digest: string): Promise<number | undefined> {
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
    return size
  }

  async function getBlob(repository: string, digest: string): Promise<Readable> {
    const answer = await transport.send({
      ...digestTarget(transport, 'blob', repository, digest),
      method: 'GET',
      scopes: [pull(repository)],
      statuses: [200],
    })
    return verified(answer, digest)
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
        timeoutMs: LONG_TIMEOUT_MS, // On object storage the registry copies the content before it answers.
      })
      await answer.discard()
    } finally {
      body.destroy()
    }
  }

  return { headBlob, getBlob, mountBlob, uploadBlob }
}

/** The upload that an answer names. Its Location may be relative. */
function uploadIn(answer: Answer): Upload {
  const location = answer.header('location')
  if (location === undefined || !URL.canParse(location, answer.url.href))
    throw answer.error('it opened an upload without a valid Location')
  return { url: new URL(location, answer.url).href }
}
