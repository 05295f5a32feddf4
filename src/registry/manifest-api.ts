import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Answer } from './answer.ts'
import { isObject } from './descriptor.ts'
import { hashesTo, hashOf, isDigest } from './digest.ts'
import { parseJson } from './json.ts'
import { MANIFEST_LIMIT, MANIFEST_TYPES, OCI_MANIFEST } from './manifest.ts'
import type { RegistryError } from './registry-error.ts'
import { requireRegistry } from './require-registry.ts'
import { digestedBytes } from './schema1.ts'
import { manifestTarget, pull, push, remove, TRUE_NOW } from './target.ts'
import type { Transport } from './transport.ts'

export interface FetchedManifest {
  descriptor: { mediaType: string; digest: string; size: number }
  bytes: Buffer
}

/** What a registry answers that deletes digests only: 2.8 DIGEST_INVALID, others as the spec says. */
const NO_TAG_DELETION = ['DIGEST_INVALID', 'UNSUPPORTED']

/** A manifest that no registry stores, since there is no content with its config's digest. */
const UNSTORABLE = {
  schemaVersion: 2,
  mediaType: OCI_MANIFEST,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: hashOf(Buffer.from('a question of tallyman')),
    size: 1,
  },
  layers: [],
}

export function makeManifestApi(transport: Transport) {
  /** `undefined` if the manifest does not exist. */
  async function request(
    method: 'GET' | 'HEAD',
    repository: string,
    reference: string,
  ): Promise<Answer | undefined> {
    const answer = await transport.send({
      ...manifestTarget(transport, repository, reference),
      method,
      scopes: [pull(repository)],
      statuses: [200, 404],
      headers: { ...TRUE_NOW, accept: MANIFEST_TYPES.join(', ') },
    })
    if (answer.status === 200) return answer
    await answer.discard()
    await requireRegistry(transport, answer)
    return undefined
  }

  async function getManifest(repository: string, reference: string): Promise<FetchedManifest | undefined> {
    const answer = await request('GET', repository, reference)
    if (answer === undefined) return undefined
    const bytes = await answer.bytes(MANIFEST_LIMIT)
    const mediaType = mediaTypeOf(answer)
    if (isText(answer) && !isObject(parseJson(bytes)))
      throw transport.error(answer.label.operation, 'it answers with a text that is no manifest', {
        retry: true,
      })
    const digested = digestedBytes(bytes, mediaType)
    const announced = isDigest(reference) ? reference : answer.header('docker-content-digest')
    const digest = announced ?? hashOf(digested)
    if (!isDigest(digest)) throw answer.error('its Docker-Content-Digest is not a digest')
    if (!hashesTo(digested, digest))
      throw answer.wrongContent(`the bytes hash to ${hashOf(digested)}, not to ${digest}`)
    await nextTurn() // To hash 4 MiB and to parse them takes two turns.
    return { descriptor: { mediaType, digest, size: bytes.length }, bytes }
  }

  async function headManifest(
    repository: string,
    reference: string,
  ): Promise<FetchedManifest['descriptor'] | undefined> {
    const answer = await request('HEAD', repository, reference)
    if (answer === undefined) return undefined
    await answer.discard()
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
    const { url, resource } = manifestTarget(transport, repository, reference)
    const digested = digestedBytes(bytes, mediaType)
    if (isDigest(reference) && !hashesTo(digested, reference))
      throw transport.error(`PUT ${resource}`, `the bytes hash to ${hashOf(digested)}`)
    const answer = await transport.send({
      method: 'PUT',
      resource,
      url,
      scopes: [push(repository)],
      // The specification says 201. Others say 200 or 202, and clients take it: go-containerregistry, remote/write.go.
      statuses: [200, 201, 202],
      headers: { 'content-type': mediaType },
      body: bytes,
    })
    await answer.discard()
    const digest =
      answer.header('docker-content-digest') ?? (isDigest(reference) ? reference : hashOf(digested))
    if (!isDigest(digest) || !hashesTo(digested, digest))
      throw answer.error(`it stored ${digest} instead of ${hashOf(digested)}`)
    return digest
  }

  async function deleteManifest(repository: string, digest: string): Promise<'deleted' | 'absent'> {
    const { url, resource } = manifestTarget(transport, repository, digest)
    if (!isDigest(digest)) throw transport.error(`DELETE ${resource}`, 'only a digest can be deleted')
    const answer = await transport.send({
      method: 'DELETE',
      resource,
      url,
      scopes: [remove(repository)],
      statuses: [200, 202, 404, 405],
      timeoutMs: transport.limits.longAnswerMs, // The registry reads every tag of the repository.
    })
    if (answer.status === 405)
      throw await answer.statusError('it does not allow deletes: see its storage.delete.enabled')
    await answer.discard()
    return answer.status === 404 ? 'absent' : 'deleted'
  }

  async function deleteTag(repository: string, tag: string): Promise<'deleted' | 'absent' | 'unsupported'> {
    const { url, resource } = manifestTarget(transport, repository, tag)
    if (isDigest(tag)) throw transport.error(`DELETE ${resource}`, 'only a tag can be deleted in this way')
    const answer = await transport.send({
      method: 'DELETE',
      resource,
      url,
      scopes: [remove(repository)],
      statuses: [200, 202, 400, 404, 405],
      timeoutMs: transport.limits.longAnswerMs,
    })
    if (answer.status === 400) {
      const refusal = await answer.statusError()
      if (refusal.codes.some((code) => NO_TAG_DELETION.includes(code))) return 'unsupported'
      throw refusal
    }
    await answer.discard()
    if (answer.status === 405) return 'unsupported'
    return answer.status === 404 ? 'absent' : 'deleted'
  }

  async function refusesDeletes(repository: string): Promise<boolean> {
    const answer = await transport.send({
      ...manifestTarget(transport, repository, hashOf(randomBytes(32))),
      method: 'DELETE',
      scopes: [remove(repository)],
      statuses: [200, 202, 404, 405],
    })
    await answer.discard()
    return answer.status === 405
  }

  /** Puts a manifest that cannot be stored. Gives the error of a registry that knows no such request. */
  async function putUnstorable(repository: string): Promise<RegistryError | undefined> {
    const bytes = Buffer.from(JSON.stringify(UNSTORABLE))
    const answer = await transport.send({
      ...manifestTarget(transport, repository, hashOf(bytes)),
      method: 'PUT',
      scopes: [push(repository)],
      statuses: [201, 400, 404, 405],
      headers: { 'content-type': OCI_MANIFEST },
      body: bytes,
    })
    if (answer.status === 405) return answer.statusError()
    await answer.discard()
    // It does not check that the blobs of a manifest are there.
    if (answer.status === 201) await deleteManifest(repository, hashOf(bytes))
    return undefined
  }

  return {
    ...{ getManifest, headManifest, putManifest },
    refusesPushes: async (repository: string): Promise<boolean> =>
      (await putUnstorable(repository))?.codes.includes('UNSUPPORTED') ?? false,
    takesWrites: async (repository: string): Promise<boolean> =>
      (await putUnstorable(repository)) === undefined,
    ...{ deleteManifest, deleteTag, refusesDeletes },
  }
}

/** Registries answer in JSON, proxies in text. Without a type, nothing tells. */
const isText = (answer: Answer): boolean => mediaTypeOf(answer).startsWith('text/')

const mediaTypeOf = (answer: Answer): string =>
  (answer.header('content-type') ?? '').split(';', 1)[0]?.trim() ?? ''
