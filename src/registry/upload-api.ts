import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import { pauseAfter } from './quick-retry.ts'
import { digestTarget, pull, push, remove, repositoryTarget } from './target.ts'
import type { Transport } from './transport.ts'

/** An upload that a registry has opened. It must be used or cancelled. Otherwise the registry keeps it, perhaps for ever. */
export interface Upload {
  repository: string
  url: string
}

export type Mount = { mounted: true } | { mounted: false; upload: Upload }

/** Where an upload stands: the registry has so many bytes of it. */
export interface Standing {
  upload: Upload
  bytes: number
}

/** Uploads (distribution spec 1.1, "Pushing Blobs", "Mounting a blob from another repository"). */
export function makeUploadApi(transport: Transport) {
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
    return answer.status === 201
      ? { mounted: true }
      : { mounted: false, upload: uploadIn(answer, repository) }
  }

  async function openUpload(repository: string): Promise<Upload> {
    const answer = await transport.send({
      ...repositoryTarget(transport, repository, 'upload', 'blobs/uploads/'),
      method: 'POST',
      scopes: [push(repository)],
      statuses: [202],
    })
    await answer.discard()
    return uploadIn(answer, repository)
  }

  /** Tries again soon, since what ended the upload may still be so: too many requests, say. */
  async function cancelUpload(upload: Upload): Promise<boolean> {
    for (let retries = 0; ; retries++) {
      try {
        return await cancelOnce(upload)
      } catch (failure) {
        const pause = pauseAfter(failure, retries, transport.limits.longestWaitMs)
        if (pause === undefined) return false
        await sleep(pause)
      }
    }
  }

  async function cancelOnce({ repository, url }: Upload): Promise<boolean> {
    const answer = await transport.send({
      method: 'DELETE',
      resource: `upload ${repository}`,
      url,
      scopes: [push(repository), remove(repository)], // Distribution wants `delete`.
      statuses: [200, 202, 204, 404],
    })
    if (answer.status !== 404) {
      await answer.discard()
      return true
    }
    // After a broken request distribution 2.8 answers 404 BLOB_UPLOAD_INVALID, and keeps what it has.
    return !(await answer.statusError()).codes.includes('BLOB_UPLOAD_INVALID')
  }

  /** Asks where an upload stands. `undefined` if the registry has none of it, or cannot go on with it. */
  async function uploadStanding(upload: Upload): Promise<Standing | undefined> {
    const { repository, url } = upload
    const answer = await transport.send({
      method: 'GET',
      resource: `upload ${repository}`,
      url,
      scopes: [push(repository)],
      statuses: [200, 204, 400, 404, 405, 416],
    })
    await answer.discard()
    const last = Number(/^(?:bytes=)?0-(\d+)$/.exec(answer.header('range') ?? '')?.[1] ?? 0)
    // By the spec 0-0 is one byte. Distribution says so of none.
    if (answer.status >= 400 || last === 0) return undefined
    return { upload: uploadIn(answer, repository, url), bytes: last + 1 }
  }

  return { mountBlob, openUpload, cancelUpload, uploadStanding }
}

/** The upload that an answer names. Its Location may be relative. Without one, it is at `before`. */
export function uploadIn(answer: Answer, repository: string, before?: string): Upload {
  const location = answer.header('location') ?? before
  if (location === undefined || !URL.canParse(location, answer.url.href))
    throw answer.error('it opened an upload without a valid Location')
  return { repository, url: new URL(location, answer.url).href }
}
