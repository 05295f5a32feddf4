import type { Descriptor } from '../../../src/registry/client.ts'
import { ociError, registryThat } from '../../registry/scripted-server.ts'

/** What a registry holds. */
export interface Content {
  manifests: ReadonlyMap<string, { bytes: Buffer; mediaType: string }>
  blobs: ReadonlyMap<string, Buffer>
  /** What it answers for the referrers of any image. Absent: it has no such API. */
  referrers?: readonly Descriptor[]
  /** Digest by tag. */
  tags?: Readonly<Record<string, string>>
}

/** A registry that only reads, for lists that a real one would need hours to be filled with. Ends with the test. */
export const startFakeRegistry = (content: Content) =>
  registryThat(({ path }, response) => {
    const [, kind = '', reference = ''] = /^\/v2\/team\/app\/(\w+)\/([^/?]+)/.exec(path) ?? []
    const digest = content.tags?.[reference] ?? reference
    const manifest = kind === 'manifests' ? content.manifests.get(digest) : undefined
    if (kind === 'referrers' && content.referrers) {
      const index = { schemaVersion: 2, mediaType: INDEX, manifests: content.referrers }
      return response.writeHead(200, { 'content-type': INDEX }).end(JSON.stringify(index))
    }
    if (manifest) {
      const headers = { 'content-type': manifest.mediaType, 'docker-content-digest': digest }
      return response.writeHead(200, headers).end(manifest.bytes)
    }
    const blob = kind === 'blobs' ? content.blobs.get(digest) : undefined
    if (blob) return response.writeHead(200, { 'content-length': blob.length }).end(blob)
    return response.writeHead(404, { 'content-type': 'application/json' }).end(ociError('NOT_FOUND', 'none'))
  })

const INDEX = 'application/vnd.oci.image.index.v1+json'
