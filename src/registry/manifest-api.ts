import type { Answer } from './answer.ts'
import { hashesTo, hashOf, isDigest } from './digest.ts'
import { LONG_PATIENCE } from './exchange.ts'
import { MANIFEST_TYPES } from './manifest.ts'
import { digestedBytes } from './schema1.ts'
import { manifestTarget, pull, push, remove } from './target.ts'
import type { Transport } from './transport.ts'

export interface FetchedManifest {
  descriptor: { mediaType: string; digest: string; size: number }
  bytes: Buffer
}

/** What distribution accepts at most, and what the spec tells clients to reckon with (1.1, "Pushing Manifests"). */
const MANIFEST_LIMIT = 4 * 1024 * 1024

const accept = { accept: MANIFEST_TYPES.join(', ') }

export function makeManifestApi(transport: Transport) {
  async function getManifest(repository: string, reference: string): Promise<FetchedManifest | undefined> {
    const { url, what } = manifestTarget(transport, repository, reference)
    const answer = await transport.send({
      method: 'GET',
      what,
      url,
      scopes: [pull(repository)],
      accept: [200, 404],
      headers: accept,
    })
    if (answer.status === 404) {
      await answer.discard()
      return undefined
    }
    const bytes = await answer.bytes(MANIFEST_LIMIT)
    const mediaType = mediaTypeOf(answer)
    const covered = digestedBytes(bytes, mediaType)
    const announced = isDigest(reference) ? reference : answer.header('docker-content-digest')
    const digest = announced ?? hashOf(covered)
    if (!isDigest(digest)) throw answer.error('it announces a digest that is none')
    if (!hashesTo(covered, digest))
      throw answer.error(`the bytes hash to ${hashOf(covered)}, not to ${digest}`)
    return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
  }

  async function headManifest(
    repository: string,
    reference: string,
  ): Promise<FetchedManifest['descriptor'] | undefined> {
    const { url, what } = manifestTarget(transport, repository, reference)
    const answer = await transport.send({
      method: 'HEAD',
      what,
      url,
      scopes: [pull(repository)],
      accept: [200, 404],
      headers: accept,
    })
    await answer.discard()
    if (answer.status === 404) return undefined
    const digest = answer.header('docker-content-digest')
    const size = Number(answer.header('content-length') ?? Number.NaN)
    // Both headers are optional in the spec.
    if (digest === undefined || Number.isNaN(size))
      return (await getManifest(repository, reference))?.descriptor
    if (!isDigest(digest) || (isDigest(reference) && reference !== digest))
      throw answer.error(`it answers with another digest, ${digest}`)
    return { mediaType: mediaTypeOf(answer), digest, size }
  }

  async function putManifest(
    repository: string,
    reference: string,
    bytes: Buffer,
    mediaType: string,
  ): Promise<string> {
    const { url, what } = manifestTarget(transport, repository, reference)
    const covered = digestedBytes(bytes, mediaType)
    if (isDigest(reference) && !hashesTo(covered, reference))
      throw transport.error(`PUT ${what}`, `the bytes hash to ${hashOf(covered)}`)
    const answer = await transport.send({
      method: 'PUT',
      what,
      url,
      scopes: [push(repository)],
      accept: [201],
      headers: { 'content-type': mediaType },
      body: bytes,
    })
    await answer.discard()
    const digest =
      answer.header('docker-content-digest') ?? (isDigest(reference) ? reference : hashOf(covered))
    if (!isDigest(digest) || !hashesTo(covered, digest))
      throw answer.error(`it stored ${digest}, and not ${hashOf(covered)}`)
    return digest
  }

  async function deleteManifest(repository: string, digest: string): Promise<'deleted' | 'absent'> {
    const { url, what } = manifestTarget(transport, repository, digest)
    if (!isDigest(digest)) throw transport.error(`DELETE ${what}`, 'only a digest names what to delete')
    const answer = await transport.send({
      method: 'DELETE',
      what,
      url,
      scopes: [remove(repository)],
      accept: [200, 202, 404, 405],
      patience: LONG_PATIENCE, // it looks through every tag
    })
    if (answer.status === 405) throw await answer.refusal('deleting is off there: storage.delete.enabled')
    await answer.discard()
    return answer.status === 404 ? 'absent' : 'deleted'
  }

  return { getManifest, headManifest, putManifest, deleteManifest }
}

const mediaTypeOf = (answer: Answer): string =>
  (answer.header('content-type') ?? '').split(';', 1)[0]?.trim() ?? ''
