import { apiSegments } from '../registry/api-path.ts'

/**
 * The repository to which a request at a registry pushes; `undefined` if it pulls, deletes, goes on with an upload, or is for
 * something else. A push is the beginning of an upload, or the upload of a manifest (OCI distribution-spec, Pushing Blobs and
 * Pushing Manifests). `uri` is the request's target as the client sent it.
 */
export function pushedRepository(method: string, uri: string): string | undefined {
  const segments = apiSegments(uri)
  if (segments === undefined) return undefined
  const [first, second] = segments.splice(-2)
  const isPush =
    method === 'POST' ? first === 'blobs' && second === 'uploads' : method === 'PUT' && first === 'manifests'
  return isPush && segments.length > 0 ? segments.join('/') : undefined
}
