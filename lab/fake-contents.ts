import { type FakeAnswer, type FakeRepository, type FakeTraits, json, refusal } from './fake-store.ts'
import { digestOf, OCI_INDEX } from './image.ts'

/** A request, after its path was read. */
export interface FakeRequest {
  method: string
  repository: FakeRepository
  /** A tag or digest. */
  reference: string
  headers: Readonly<Record<string, string | string[] | undefined>>
  body: Buffer
  query: URLSearchParams
}

const isDigest = (text: string) => text.startsWith('sha256:')

export function answerBlob(
  { method, repository, reference, headers }: FakeRequest,
  traits: FakeTraits,
): FakeAnswer {
  const bytes = repository.blobs.get(reference)
  if (bytes === undefined) return refusal(404, 'BLOB_UNKNOWN')
  if (method === 'DELETE') {
    repository.blobs.delete(reference)
    return { status: 202 }
  }
  const about = {
    'content-type': 'application/octet-stream',
    'docker-content-digest': reference,
    etag: `"${reference}"`,
  }
  const range =
    traits.knowsRange && method === 'GET' ? /^bytes=(\d+)-(\d*)$/.exec(String(headers.range)) : null
  if (range === null) return { status: 200, headers: about, body: bytes }
  const [start, end] = [
    Number(range[1]),
    Math.min(bytes.length - 1, Number(range[2] || Number.POSITIVE_INFINITY)),
  ]
  if (start >= bytes.length) return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` } }
  const part = bytes.subarray(start, end + 1)
  return {
    status: 206,
    headers: { ...about, 'content-range': `bytes ${start}-${end}/${bytes.length}` },
    body: part,
  }
}

export function answerManifest(request: FakeRequest, traits: FakeTraits): FakeAnswer {
  const { method, repository, reference } = request
  if (method === 'PUT') return putManifest(request, traits)
  const digest = isDigest(reference) ? reference : repository.tags.get(reference)
  const found = repository.manifests.get(digest ?? '')
  if (method === 'DELETE' && !isDigest(reference) && !traits.tagDelete) return refusal(400, 'DIGEST_INVALID')
  if (digest === undefined || found === undefined) return refusal(404, 'MANIFEST_UNKNOWN')
  if (method === 'DELETE') {
    if (isDigest(reference)) repository.manifests.delete(digest)
    for (const [tag, named] of repository.tags)
      if (tag === reference || (isDigest(reference) && named === digest)) repository.tags.delete(tag)
    return { status: 202 }
  }
  const about = { 'content-type': found.mediaType, 'docker-content-digest': digest }
  return { status: 200, headers: about, body: found.bytes }
}

function putManifest({ repository, reference, headers, body }: FakeRequest, traits: FakeTraits): FakeAnswer {
  const digest = digestOf(body)
  if (isDigest(reference) && reference !== digest) return refusal(400, 'DIGEST_INVALID')
  const { subject, config, layers = [], manifests = [] } = JSON.parse(body.toString())
  const isHeld = ({ digest, urls }: { digest: string; urls?: string[] }) =>
    urls !== undefined || repository.blobs.has(digest) || repository.manifests.has(digest)
  const needed = [...(config ? [config] : []), ...layers, ...(traits.sparseIndexes ? [] : manifests)]
  if (!needed.every(isHeld)) return refusal(400, 'MANIFEST_BLOB_UNKNOWN')
  if (!isDigest(reference)) {
    if (traits.immutableTags && repository.tags.has(reference)) return refusal(412, 'TAG_IMMUTABLE')
    repository.tags.set(reference, digest)
  }
  repository.manifests.set(digest, { bytes: body, mediaType: String(headers['content-type']) })
  const answered = subject && traits.referrersApi ? { 'oci-subject': subject.digest } : {}
  return { status: 201, headers: { location: '/', 'docker-content-digest': digest, ...answered } }
}

export function answerReferrers({ repository, reference }: FakeRequest, traits: FakeTraits): FakeAnswer {
  if (!traits.referrersApi) return refusal(404, 'UNSUPPORTED')
  const manifests = [...repository.manifests].flatMap(([digest, { bytes, mediaType }]) => {
    const { subject, artifactType, annotations } = JSON.parse(bytes.toString())
    return subject?.digest === reference
      ? [{ mediaType, digest, size: bytes.length, artifactType, annotations }]
      : []
  })
  return json({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }, OCI_INDEX)
}

/** A page of names, with a Link to the next. */
export function answerNames(
  key: 'repositories' | 'tags',
  names: string[],
  path: string,
  query: URLSearchParams,
): FakeAnswer {
  const after = names.sort().filter((name) => name > (query.get('last') ?? ''))
  const page = after.slice(0, Number(query.get('n') ?? 1000))
  const answer = json({ [key]: page })
  if (page.length < after.length)
    answer.headers = {
      ...answer.headers,
      link: `<${path}?n=${query.get('n')}&last=${page.at(-1)}>; rel="next"`,
    }
  return answer
}
