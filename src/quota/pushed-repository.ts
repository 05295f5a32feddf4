/**
 * The repository to which a request at a registry pushes; `undefined` if it pulls, deletes, goes on with an upload, or is for
 * something else. A push is the beginning of an upload, or the upload of a manifest (OCI distribution-spec, Pushing Blobs and
 * Pushing Manifests). `uri` is the request's target as the client sent it: registries decode it, so it is decoded here. The API
 * may be below a path of its own.
 */
export function pushedRepository(method: string, uri: string): string | undefined {
  const path = decoded(uri.replace(/[?#].*$/s, ''))
  const start = path.indexOf('/v2/')
  if (start < 0) return undefined
  const segments = path
    .slice(start + '/v2/'.length)
    .replace(/\/$/, '')
    .split('/')
  const [first, second] = segments.splice(-2)
  const isPush =
    method === 'POST' ? first === 'blobs' && second === 'uploads' : method === 'PUT' && first === 'manifests'
  return isPush && segments.length > 0 ? segments.join('/') : undefined
}

/** A registry refuses what cannot be decoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}
