import { randomUUID } from 'node:crypto'
import { type FakeAnswer, type FakeRepository, type FakeTraits, refusal } from './fake-store.ts'
import { digestOf } from './image.ts'

/** The uploads of a fake registry (distribution spec 1.1, "Pushing Blobs"). */
export function makeFakeUploads(
  traits: FakeTraits,
  repositoryOf: (name: string) => FakeRepository,
  take: (bytes: number) => void,
) {
  function open(name: string, query: URLSearchParams): FakeAnswer {
    const [mount, from] = [query.get('mount') ?? '', query.get('from')]
    const repository = repositoryOf(name)
    const mounted = from === null ? undefined : repositoryOf(from).blobs.get(mount)
    if (mounted !== undefined) {
      repository.blobs.set(mount, mounted)
      return { status: 201, headers: { location: `/v2/${name}/blobs/${mount}` } }
    }
    const id = randomUUID()
    repository.uploads.set(id, { bytes: Buffer.alloc(0) })
    return standing(name, id, 202)
  }

  function standing(name: string, id: string, status: number): FakeAnswer {
    const length = repositoryOf(name).uploads.get(id)?.bytes.length ?? 0
    const headers = { location: `/v2/${name}/blobs/uploads/${id}`, range: `0-${Math.max(0, length - 1)}` }
    return { status, headers }
  }

  /** Answers a request about an open upload. `isWhole`: its body did not break off. */
  function answer(
    request: { method: string; name: string; id: string; query: URLSearchParams; range: string | undefined },
    body: Buffer,
    isWhole: boolean,
  ): FakeAnswer {
    const { method, name, id, query, range } = request
    const { uploads, blobs } = repositoryOf(name)
    const upload = uploads.get(id)
    if (upload === undefined) return refusal(404, 'BLOB_UPLOAD_UNKNOWN')
    if (upload.spoilt) return refusal(404, 'BLOB_UPLOAD_INVALID')
    if (method === 'GET') return standing(name, id, 204)
    if (method === 'DELETE') {
      uploads.delete(id)
      return { status: 204 }
    }
    const start = range === undefined ? undefined : Number(/^(\d+)-\d+$/.exec(range)?.[1])
    if (start !== undefined && start !== upload.bytes.length) return refusal(416, 'BLOB_UPLOAD_INVALID')
    upload.bytes = Buffer.concat([upload.bytes, body])
    take(body.length)
    if (!isWhole) {
      upload.spoilt = !traits.resumesUploads
      return { status: 499 }
    }
    if (method === 'PATCH') return standing(name, id, 202)
    const digest = query.get('digest') ?? ''
    if (digestOf(upload.bytes) !== digest) return refusal(400, 'DIGEST_INVALID')
    blobs.set(digest, upload.bytes)
    uploads.delete(id)
    return {
      status: 201,
      headers: { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest },
    }
  }

  return { open, answer }
}
