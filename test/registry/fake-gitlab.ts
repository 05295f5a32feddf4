import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { ociError } from './scripted-server.ts'

/** A tag as GitLab's registry gives it. */
export interface GitLabTag {
  name: string
  digest: string
  media_type: string
  size_bytes: number
  created_at: string
  /** Only once the tag has named another digest. */
  updated_at?: string
  published_at: string
}

export interface FakeGitLab {
  readonly url: string
  /** The folder of the docker-registry behind it. */
  readonly storage: string
  /** What the metadata database has, by repository. */
  readonly tags: Map<string, GitLabTag[]>
  /** The size of a repository with all below it, by path. */
  readonly sizes: Map<string, { size_bytes: number; size_precision: 'default' | 'untagged' }>
  /** Every request, as `GET /gitlab/v1/`. */
  readonly requests: string[]
  close(): Promise<void>
}

/**
 * GitLab's registry cannot run here: it needs GitLab and a PostgreSQL. This is a real docker-registry behind a server that
 * follows the protocol of GitLab's registry as its documentation states it (docs/registries.md, GitLab's registry API):
 * - `/gitlab/v1/` answers 200, or 404 without a metadata database; its paths end with a slash, and others are redirected.
 * - Tags are sorted by name, `n` (1 to 1,000) on a page after `last`. `Link` names the previous and the next page.
 * - The size of a repository with those below it wants a token with the scope `pull` for `<path>` and for `<path>/*`.
 * - Every path wants a token of `/jwt/auth`, for a repository one with the scope `pull`. The catalog is denied.
 */
export async function startFakeGitLab({ hasDatabase = true } = {}): Promise<FakeGitLab> {
  const registry = await startRegistry()
  const tags: FakeGitLab['tags'] = new Map()
  const sizes: FakeGitLab['sizes'] = new Map()
  const requests: string[] = []

  /** The token names its scopes; a real one is a signed JWT of them. */
  function allows({ headers }: IncomingMessage, scope: string | undefined): boolean {
    const token = headers.authorization?.replace(/^Bearer /, '')
    if (token === undefined) return false
    const scopes = Buffer.from(token, 'base64url').toString().split(' ')
    return scope === undefined || scopes.includes(scope)
  }

  const server = createServer((incoming, response) => {
    const { method, url: path = '' } = incoming
    const url = new URL(path, `http://${incoming.headers.host}`)
    if (url.pathname === '/jwt/auth') {
      const granted = url.searchParams.getAll('scope').filter((one) => one.startsWith('repository:'))
      const token = Buffer.from(granted.join(' ')).toString('base64url')
      return response.end(JSON.stringify({ token: token || 'none', expires_in: 300 }))
    }
    requests.push(`${method} ${path}`)
    const isOwn = url.pathname.startsWith('/gitlab/v1/')
    const pattern = isOwn
      ? /^\/gitlab\/v1\/repositories\/(.+?)\/(?:tags\/list\/)?$/
      : /^\/v2\/(.+)\/(?:tags|manifests|blobs)\//
    const repository = pattern.exec(url.pathname)?.[1]
    const scope = url.pathname.startsWith('/v2/_catalog')
      ? 'registry:catalog:*'
      : repository && method !== 'PUT' && method !== 'POST'
        ? `repository:${repository}:pull`
        : undefined
    const isSize = isOwn && url.searchParams.get('size') === 'self_with_descendants'
    const scopes = isSize ? [scope, `repository:${repository}/*:pull`] : [scope]
    if (!scopes.every((one) => allows(incoming, one))) {
      const wanted = scope === undefined ? '' : `,scope="${scopes.join(' ')}"`
      response.setHeader(
        'www-authenticate',
        `Bearer realm="${url.origin}/jwt/auth",service="container_registry"${wanted}`,
      )
      return refuse(response, 401, 'UNAUTHORIZED')
    }
    if (!isOwn) return forward(registry, incoming, response)
    if (!hasDatabase) return response.writeHead(404).end()
    if (!url.pathname.endsWith('/'))
      return response.writeHead(301, { location: `${url.pathname}/${url.search}` }).end()
    if (url.pathname === '/gitlab/v1/') return response.end()
    if (isSize) {
      const size = sizes.get(repository ?? '')
      if (size === undefined) return refuse(response, 404, 'NAME_UNKNOWN')
      return response.end(JSON.stringify({ name: repository, path: repository, created_at: '', ...size }))
    }
    const listed = tags.get(repository ?? '')
    return listed ? listTags(response, url, listed) : refuse(response, 404, 'NAME_UNKNOWN')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    storage: registry.storage,
    tags,
    sizes,
    requests,
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
      await registry.close()
    },
  }
}

/** Answers with a page of a repository's tags. */
function listTags(response: ServerResponse, url: URL, all: GitLabTag[]): void {
  const n = Number(url.searchParams.get('n') ?? 100)
  if (!(n >= 1 && n <= 1000)) {
    refuse(response, 400, 'INVALID_QUERY_PARAMETER_VALUE')
    return
  }
  const last = url.searchParams.get('last') ?? ''
  const left = all.filter(({ name }) => name > last).sort((a, b) => (a.name < b.name ? -1 : 1))
  const page = left.slice(0, n)
  const link = (marker: string, name: string | undefined, rel: string) =>
    `<https://registry.example.com${url.pathname}?n=${n}&${marker}=${name}>; rel="${rel}"`
  const links = [
    ...(last === '' ? [] : [link('before', page[0]?.name, 'previous')]),
    link('last', page.at(-1)?.name, 'next'),
  ]
  if (left.length > page.length) response.setHeader('link', links.join(', '))
  response.setHeader('content-type', 'application/json').end(JSON.stringify(page))
}

const refuse = (response: ServerResponse, status: number, code: string): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(ociError(code, 'as GitLab does'))
}

function forward(registry: LabRegistry, incoming: IncomingMessage, response: ServerResponse): void {
  const { method = 'GET', url, headers } = incoming
  const outgoing = request(`${registry.url}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  outgoing.on('error', () => incoming.socket.destroy())
  incoming.pipe(outgoing)
}
