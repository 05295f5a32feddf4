import { apiSegments } from '../registry/api-path.ts'
import { isDigest } from '../registry/digest.ts'

/** What a collection must know of a request on its way to a registry. */
export interface Passing {
  /** The repository that it may change. */
  repository?: string
  /** Blobs and manifests that it asks for or names: who was told that one is there counts on it. */
  digests: string[]
}

/**
 * Reads a request. `undefined`: it need not wait while blobs are taken away, since it changes nothing, and its client does not
 * learn from it that a blob need not be uploaded. Those are GETs, and HEADs of manifests. (OCI distribution-spec 1.1, end-1 to
 * end-14)
 */
export function readPassing(method: string, uri: string): Passing | undefined {
  const segments = apiSegments(uri)
  if (segments === undefined || method === 'GET' || method === 'OPTIONS') return undefined
  const [third, second = '', last = ''] = segments.slice(-3)
  const isSession = third === 'blobs' && second === 'uploads' && segments.length > 3
  const isHeadOfBlob = method === 'HEAD' && second === 'blobs'
  if (method === 'HEAD' && !isHeadOfBlob) return undefined
  // No client sends a fragment (RFC 9112, 3.2). Of one that does, Go has it in the query, and others cut it off.
  const query = new URLSearchParams(/\?(.*)/s.exec(uri)?.[1]?.replaceAll('#', '&'))
  const digests = [last, ...query.getAll('digest'), ...query.getAll('mount')].filter(isDigest)
  if (isHeadOfBlob) return { digests }
  return { repository: segments.slice(0, isSession ? -3 : -2).join('/'), digests }
}
