import { setTimeout as sleep } from 'node:timers/promises'
import { pauseAfter } from './quick-retry.ts'
import { RegistryError } from './registry-error.ts'
import { digestTarget, push } from './target.ts'
import type { RegistryRequest, Transport } from './transport.ts'
import { type makeUploadApi, type Upload, uploadIn } from './upload-api.ts'
import { type OpenContent, openSource, type Source } from './upload-source.ts'

/** What is uploaded. */
export interface UploadedBlob {
  digest: string
  /** Bytes. 0 and `undefined` if nobody stated it: it can be sent without. */
  size?: number | undefined
}

/** One upload, while it is carried out. */
interface Transfer {
  readonly repository: string
  readonly blob: UploadedBlob
  readonly source: Source
  upload: Upload
  /** The bytes that the registry has. */
  sent: number
  /** Bytes, as stated. `undefined` also once that has turned out to be wrong: registries do not check what a manifest states. */
  stated: number | undefined
}

/** An upload is gone, or stands where it cannot be continued. */
const LOST = [404, 416]
/** So many broken requests of one upload are made good. */
const MOST_BREAKS = 2
const CONTENT_TYPE = { 'content-type': 'application/octet-stream' }

/** Makes what sends blobs (distribution spec 1.1, "Pushing a blob monolithically", "Pushing a blob in chunks"). */
export function makeUploadBlob(
  transport: Transport,
  uploads: Pick<ReturnType<typeof makeUploadApi>, 'openUpload' | 'uploadStanding' | 'cancelUpload'>,
  readsBlob: (repository: string, digest: string) => Promise<boolean>,
) {
  const { longAnswerMs: timeoutMs, longestWaitMs } = transport.limits

  /** Opens both ends at once. */
  async function begin(repository: string, blob: UploadedBlob, open: OpenContent, given?: Upload) {
    const [source, upload] = await Promise.allSettled([
      openSource(open),
      given ?? uploads.openUpload(repository),
    ])
    if (source.status === 'fulfilled' && upload.status === 'fulfilled')
      return {
        ...{ repository, blob, source: source.value, upload: upload.value, sent: 0 },
        stated: blob.size || undefined,
      }
    if (source.status === 'fulfilled') source.value.destroy()
    if (upload.status === 'fulfilled') await uploads.cancelUpload(upload.value)
    throw upload.status === 'rejected' ? upload.reason : (source as PromiseRejectedResult).reason
  }

  /** A request of the transfer. On object storage the registry copies the content before it answers. */
  async function request(
    { repository, blob }: Transfer,
    rest: Pick<RegistryRequest, 'method' | 'url' | 'statuses' | 'headers'> & Partial<RegistryRequest>,
  ) {
    const { resource } = digestTarget(transport, 'blob', repository, blob.digest)
    const headers = { ...CONTENT_TYPE, ...rest.headers }
    const answer = await transport.send({ resource, scopes: [push(repository)], timeoutMs, ...rest, headers })
    await answer.discard()
    return answer
  }

  /** Sends what the registry lacks. Short content goes with the request that ends the upload. */
  async function send(transfer: Transfer): Promise<void> {
    const { repository, blob, source, upload } = transfer
    const short = transfer.sent === 0 ? source.whole : undefined
    if (short === undefined && transfer.sent !== source.size()) {
      const answer = await request(transfer, {
        method: 'PATCH',
        url: upload.url,
        statuses: [202, 204],
        headers: rangeHeaders(transfer.sent, sizeOf(transfer)),
        body: () => source.stream(transfer.sent),
      })
      transfer.upload = uploadIn(answer, repository, upload.url)
      if (source.failure() !== undefined) throw source.failure()
    }
    const { url } = transfer.upload
    const { status } = await request(transfer, {
      method: 'PUT',
      url: `${url}${url.includes('?') ? '&' : '?'}digest=${blob.digest}`,
      // The specification says 201. containerd takes these three.
      statuses: [200, 201, 204],
      headers: { 'content-length': String(short?.length ?? 0) },
      ...(short?.length && { body: () => source.stream(0) }),
    })
    if (status === 201 || (await readsBlob(repository, blob.digest))) return
    const { resource } = digestTarget(transport, 'blob', repository, blob.digest)
    throw transport.error(`PUT ${resource}`, `it answered ${status} and does not have it`, { retry: true })
  }

  /** Finds out where to go on after a request that broke. Returns whether the registry has everything. */
  async function recover(transfer: Transfer): Promise<boolean> {
    const standing = await uploads.uploadStanding(transfer.upload)
    if (standing !== undefined && standing.bytes <= (sizeOf(transfer) ?? Number.POSITIVE_INFINITY)) {
      transfer.upload = standing.upload
      transfer.sent = standing.bytes
      return false
    }
    transfer.stated = undefined
    await uploads.cancelUpload(transfer.upload)
    // The answer to the request that ended the upload may be lost.
    if (await readsBlob(transfer.repository, transfer.blob.digest)) return true
    transfer.upload = await uploads.openUpload(transfer.repository)
    transfer.sent = 0
    return false
  }

  /** Milliseconds to wait before a transfer goes on. `undefined` if it should not. */
  function pauseBefore(failure: unknown, { source }: Transfer, breaks: number): number | undefined {
    if (source.failure() !== undefined || breaks >= MOST_BREAKS) return undefined
    const isLost = failure instanceof RegistryError && LOST.includes(failure.status ?? 0)
    return isLost || isMisstated(failure) ? 0 : pauseAfter(failure, breaks, longestWaitMs)
  }

  async function uploadBlob(
    repository: string,
    blob: UploadedBlob,
    open: OpenContent,
    upload?: Upload,
  ): Promise<void> {
    const transfer: Transfer = await begin(repository, blob, open, upload)
    try {
      for (let breaks = 0; ; breaks++) {
        const failure = await send(transfer).then(
          () => undefined,
          (cause: unknown) => transfer.source.failure() ?? cause,
        )
        if (failure === undefined) return
        const pause = pauseBefore(failure, transfer, breaks)
        if (pause === undefined) throw failure
        if (isMisstated(failure)) transfer.stated = undefined
        await sleep(pause)
        if (await recover(transfer)) return
      }
    } catch (failure) {
      await uploads.cancelUpload(transfer.upload)
      throw failure
    } finally {
      transfer.source.destroy()
    }
  }

  return uploadBlob
}

/** The size of the content in bytes, as far as it is known. */
const sizeOf = ({ source, stated }: Transfer): number | undefined => source.size() ?? stated

/** Whether the content has another size than the request said. */
const isMisstated = (failure: unknown): boolean =>
  failure instanceof RegistryError && failure.codes.includes('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH')

/** The first request has no range, as when `docker push` sends one: it may end early, and the upload then be cancelled. */
function rangeHeaders(from: number, size: number | undefined): Record<string, string> {
  if (from === 0 || size === undefined || from >= size) return {}
  return { 'content-range': `${from}-${size - 1}`, 'content-length': String(size - from) }
}
