import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerBlob, answerManifest, answerNames, answerReferrers } from './fake-contents.ts'
import { type FakeAnswer, type FakeRepository, type FakeTraits, refusal, SPEC_TRAITS } from './fake-store.ts'
import { makeFakeUploads } from './fake-uploads.ts'
import type { Fault, RegistryRequest } from './faulty-registry.ts'
import type { TokenServer } from './token-server.ts'

export interface FakeRegistry {
  readonly url: string
  readonly host: string
  /** Switches, to be set at any time. */
  readonly traits: FakeTraits
  readonly repositories: ReadonlyMap<string, FakeRepository>
  /** Every request since the last `reset`, as `GET /v2/…`. */
  readonly requests: string[]
  /** Bytes of uploads taken since the last `reset`. */
  taken(): number
  openUploads(): number
  /** Calls `decide` before each request. */
  onRequest(decide: (request: RegistryRequest) => Fault | undefined): void
  /** Forgets `requests`, and lets every request pass again. What it holds stays. */
  reset(): void
  close(): Promise<void>
}

/** A registry in this process and in memory. It follows the distribution spec 1.1, except where `traits` and faults say. */
export async function startFakeRegistry(
  options: { auth?: TokenServer; traits?: Partial<FakeTraits> } = {},
): Promise<FakeRegistry> {
  const traits = { ...SPEC_TRAITS(), ...options.traits }
  const repositories = new Map<string, FakeRepository>()
  const requests: string[] = []
  let decide: (request: RegistryRequest) => Fault | undefined = () => undefined
  let taken = 0
  const repositoryOf = (name: string): FakeRepository => {
    const made = repositories.get(name) ?? {
      ...{ blobs: new Map(), manifests: new Map() },
      ...{ tags: new Map(), uploads: new Map() },
    }
    repositories.set(name, made)
    return made
  }
  const uploads = makeFakeUploads(traits, repositoryOf, (bytes) => {
    taken += bytes
  })

  /** Reads the body, up to `limit` bytes. */
  async function readBody(incoming: IncomingMessage, limit: number) {
    const chunks: Buffer[] = []
    let length = 0
    try {
      for await (const chunk of incoming) {
        chunks.push(chunk.subarray(0, limit - length))
        length += chunk.length
        if (length >= limit) break
      }
    } catch {}
    return { body: Buffer.concat(chunks), isWhole: incoming.complete && length < limit }
  }

  async function answerTo(incoming: IncomingMessage, limit = Number.POSITIVE_INFINITY): Promise<FakeAnswer> {
    const { method = '', headers } = incoming
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? '', 'http://fake')
    const [, name = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(blobs\/uploads|blobs|manifests|tags|referrers)\/([^/]*)$/.exec(path) ?? []
    const challenge = options.auth?.challenge(headers.authorization, method, name)
    if (challenge !== undefined) {
      const refused = refusal(401, 'UNAUTHORIZED')
      return { ...refused, headers: { ...refused.headers, 'www-authenticate': challenge } }
    }
    const { body, isWhole } = await readBody(incoming, limit)
    if (path === '/v2/') return { status: 200 }
    if (path === '/v2/_catalog') return answerNames('repositories', [...repositories.keys()], path, query)
    if (name === '') return refusal(404, 'NAME_UNKNOWN')
    const repository = repositoryOf(name)
    const request = { method, repository, reference, headers, body, query }
    if (kind === 'tags') return answerNames('tags', [...repository.tags.keys()], path, query)
    if (kind === 'referrers') return answerReferrers(request, traits)
    if (kind === 'manifests') return answerManifest(request, traits)
    if (kind === 'blobs') return answerBlob(request, traits)
    if (reference === '') return uploads.open(name, query)
    const range = headers['content-range']
    return uploads.answer({ method, name, id: reference, query, range }, body, isWhole)
  }

  function send(
    response: ServerResponse,
    method: string,
    answer: FakeAnswer,
    limit = Number.POSITIVE_INFINITY,
  ): void {
    const { body = Buffer.alloc(0) } = answer
    const headers = { 'content-length': String(body.length), ...answer.headers }
    const left = Object.entries(headers).filter(([header]) => !traits.without.includes(header))
    response.writeHead(answer.status, Object.fromEntries(left))
    if (method === 'HEAD' || limit >= body.length) response.end(method === 'HEAD' ? undefined : body)
    else response.write(body.subarray(0, limit), () => response.destroy())
    if (limit === 0) response.flushHeaders()
  }

  const server = createServer(async (incoming, response) => {
    const { method = '', url: path = '', socket } = incoming
    requests.push(`${method} ${path}`)
    const fault = decide({ method, path })
    if (fault === 'drop') return socket.destroy()
    if (typeof fault === 'number') return send(response, method, refusal(fault, 'UNKNOWN'))
    if (typeof fault === 'object' && 'status' in fault) {
      const { headers, ...rest } = refusal(fault.status, fault.code ?? 'UNKNOWN')
      const wait = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) }
      return send(response, method, { ...rest, headers: { ...headers, ...wait } })
    }
    if (typeof fault === 'object' && 'takes' in fault) {
      await answerTo(incoming, fault.takes)
      return socket.destroy()
    }
    const answer = await answerTo(incoming)
    if (fault === 'drop answer') return socket.destroy()
    const isLost = method === 'GET' && [...traits.lost].some((digest) => path.endsWith(digest))
    if (isLost || fault === 'cut answer') return send(response, method, answer, isLost ? 0 : 1)
    return send(
      response,
      method,
      answer,
      typeof fault === 'object' && 'sends' in fault ? fault.sends : undefined,
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    ...{ url: `http://${host}`, host, traits, repositories, requests },
    taken: () => taken,
    openUploads: () => [...repositories.values()].reduce((sum, { uploads }) => sum + uploads.size, 0),
    onRequest(next) {
      decide = next
    },
    reset() {
      requests.length = 0
      taken = 0
      decide = () => undefined
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
