import type { Readable } from 'node:stream'
import type { Answer } from './answer.ts'
import { LONG_PATIENCE } from './exchange.ts'
import { digestTarget, pull, push, repositoryTarget } from './target.ts'
import type { Transport } from './transport.ts'
import { verified } from './verified.ts'

/** An upload that the registry opened and that waits for its content. */
export interface Upload {
  url: string
}

export type Mount = { mounted: true } | { mounted: false; upload: Upload }

/** Blobs (distribution spec 1.1, "Pulling blobs", "Pushing Blobs", "Mounting a blob from another repository"). */
export function makeBlobApi(transport: Transport) {
  async function headBlob(repository: string, digest: string): Promise<number | undefined> {
    const target = digestTarget(transport, 'blob', repository, digest)
    const answer = await transport.send({
      ...target,
      method: 'HEAD',
      scopes: [pull(repository)],
      accept: [200, 404],
    })
    await answer.discard()
    if (answer.status === 404) return undefined
    const size = Number(answer.header('content-length') ?? Number.NaN)
    if (Number.isNaN(size)) throw answer.error('it tells no Content-Length')
    return size
  }

  async function getBlob(repository: string, digest: string): Promise<Readable> {
    const target = digestTarget(transport, 'blob', repository, digest)
    const answer = await transport.send({
      ...target,
      method: 'GET',
      scopes: [pull(repository)],
      accept: [200],
    })
    return verified(answer, digest)
  }

  async function mountBlob(repository: string, digest: string, from: string): Promise<Mount> {
    const { what } = digestTarget(transport, 'blob', repository, digest)
    digestTarget(transport, 'blob', from, digest)
    const answer = await transport.send({
      method: 'POST',
      what: `mount ${what} from ${from}`,
      url: `/v2/${repository}/blobs/uploads/?mount=${digest}&from=${from}`,
      scopes: [push(repository), pull(from)],
      accept: [201, 202],
    })
    await answer.discard()
    return answer.status === 201 ? { mounted: true } : { mounted: false, upload: openedBy(answer) }
  }

  async function openUpload(repository: string): Promise<Upload> {
    const target = repositoryTarget(transport, repository, 'upload', 'blobs/uploads/')
    const answer = await transport.send({
      ...target,
      method: 'POST',
      scopes: [push(repository)],
      accept: [202],
    })
    await answer.discard()
    return openedBy(answer)
  }

  async function uploadBlob(
    repository: string,
    blob: { digest: string; size: number },
    body: Readable,
    upload?: Upload,
  ): Promise<void> {
    body.on('error', () => {}) // reported by the request that reads it
    try {
      const { what } = digestTarget(transport, 'blob', repository, blob.digest)
      const { url } = upload ?? (await openUpload(repository))
      const answer = await transport.send({
        method: 'PUT',
        what,
        url: `${url}${url.includes('?') ? '&' : '?'}digest=${blob.digest}`,
        scopes: [push(repository)],
        accept: [201],
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
        body,
        patience: LONG_PATIENCE, // on object storage the registry now copies it to its place
      })
      await answer.discard()
    } finally {
      body.destroy()
    }
  }

  return { headBlob, getBlob, mountBlob, uploadBlob }
}

/** Location may be relative. */
function openedBy(answer: Answer): Upload {
  const location = answer.header('location')
  if (location === undefined || !URL.canParse(location, answer.url.href))
    throw answer.error('it opened an upload and does not say where')
  return { url: new URL(location, answer.url).href }
}
