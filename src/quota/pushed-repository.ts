/**
 * The repository to which a request at a registry pushes; `undefined` if it pulls, deletes, goes on with an upload, or is for
 * something else. A push is the beginning of an upload, or the upload of a manifest (OCI distribution-spec, Pushing Blobs and
 * Pushing Manifests). `uri` is the request's target as the client sent it, perhaps with a scheme and a host (RFC 9112, 3.2.2).
 * Registries and proxies decode it and resolve its dots, so that is done here, too. The API may be below a path of its own.
 */
export function pushedRepository(method: string, uri: string): string | undefined {
  const path = decoded(uri.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, ''))
  const all = resolved(path.split('/'))
  const start = all.indexOf('v2')
  if (start < 0) return undefined
  const segments = all.slice(start + 1)
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

/** Segments without empty ones, `.`, and each `..` with what it takes back. */
function resolved(segments: readonly string[]): string[] {
  const left: string[] = []
  for (const segment of segments)
    if (segment === '..') left.pop()
    else if (segment !== '' && segment !== '.') left.push(segment)
  return left
}
