import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { LabSwift } from './swift.ts'

const USER = {
  id: 'u-1',
  name: 'registry',
  domain: { id: 'd-1', name: 'Users' },
  password: 'keystone password',
}
const PROJECT = { id: 'p-1', name: 'storage', domain: { id: 'd-2', name: 'Projects' } }
const CREDENTIAL = { id: 'c-1', secret: 'credential secret' }

/** What a request for a token names. */
interface Identity {
  methods?: string[]
  password?: { user?: Named & { password?: string } }
  application_credential?: { id?: string; secret?: string }
}
interface Named {
  id?: string
  name?: string
  domain?: { id?: string; name?: string }
}

/**
 * A server with the part of Keystone's Identity API v3 that clients of Swift use, and a proxy to a real Swift: the catalogue
 * names the proxy, which changes tokens of Keystone into one of Swift's own. Written after the documented API
 * (docs.openstack.org/api-ref/identity/v3), since Debian's Keystone needs a database and a web server.
 */
export async function startKeystone(swift: LabSwift) {
  const { headers } = await fetch(swift.authUrl, {
    headers: { 'x-auth-user': swift.username, 'x-auth-key': swift.password },
  })
  const account = new URL(headers.get('x-storage-url') ?? '')
  const swiftToken = headers.get('x-auth-token') ?? ''
  const tokens = new Set<string>()
  /** What a test may change and look at. */
  const state = {
    logins: 0,
    /** The regions of its catalogue. */
    regions: ['north'],
    /** What it answers for Swift to each request, until it is undefined again. */
    refuse: undefined as ((asking: IncomingMessage) => number | undefined) | undefined,
    /** Method and path of what came for Swift. */
    asked: [] as string[],
  }

  const same = (given: Named | undefined, known: typeof USER | typeof PROJECT) =>
    given?.id === known.id ||
    (given?.name === known.name &&
      (given.domain?.id === known.domain.id || given.domain?.name === known.domain.name))

  async function issue(asking: IncomingMessage, answer: ServerResponse) {
    const body = (await json(asking)) as {
      auth?: { identity?: Identity; scope?: { project?: Named } }
    }
    const { identity, scope } = body.auth ?? {}
    const isUser =
      identity?.methods?.join() === 'password' &&
      same(identity.password?.user, USER) &&
      identity.password?.user?.password === USER.password
    const credential = identity?.application_credential
    const isCredential =
      identity?.methods?.join() === 'application_credential' &&
      credential?.id === CREDENTIAL.id &&
      credential.secret === CREDENTIAL.secret
    const isScoped = isCredential ? scope === undefined : same(scope?.project, PROJECT)
    answer.setHeader('content-type', 'application/json')
    if (!(isUser || isCredential) || (!isCredential && scope !== undefined && !isScoped))
      return answer.writeHead(401).end(
        JSON.stringify({
          error: {
            code: 401,
            title: 'Unauthorized',
            message: 'The request you have made requires authentication.',
          },
        }),
      )
    state.logins++
    const token = `gAAAAA${randomUUID()}`
    tokens.add(token)
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${account.pathname}`
    const endpoints = state.regions.flatMap((region) => [
      {
        id: randomUUID(),
        interface: 'internal',
        region,
        region_id: region,
        url: 'http://127.0.0.1:9/v1/AUTH_inside',
      },
      { id: randomUUID(), interface: 'public', region, region_id: region, url },
    ])
    const catalog = [
      { type: 'identity', name: 'keystone', id: randomUUID(), endpoints: [] },
      { type: 'object-store', name: 'swift', id: randomUUID(), endpoints },
    ]
    const now = Date.now()
    // A token without a scope has no catalogue.
    const told = {
      methods: identity?.methods,
      ...{ expires_at: new Date(now + 3_600_000).toISOString(), issued_at: new Date(now).toISOString() },
      user: { id: USER.id, name: USER.name, domain: USER.domain },
      ...(isScoped && { project: PROJECT, roles: [{ id: 'r-1', name: 'member' }], catalog }),
    }
    return answer.writeHead(201, { 'x-subject-token': token }).end(JSON.stringify({ token: told }))
  }

  function passOn(asking: IncomingMessage, answer: ServerResponse) {
    const { method, url = '', headers } = asking
    state.asked.push(`${method} ${url}`)
    const status = state.refuse?.(asking)
    if (status !== undefined) return answer.writeHead(status).end()
    const { port, host } = account
    // A signed URL needs no token: the registry redirects its clients to such.
    const isSigned = url === '/info' || url.includes('temp_url_sig=')
    if (!isSigned && !tokens.has(String(headers['x-auth-token']))) return answer.writeHead(401).end()
    const sent = { ...headers, host, ...(!isSigned && { 'x-auth-token': swiftToken }) }
    // Swift sends a chunk after its answer to a HEAD of a container, so each request has a connection of its own.
    const options = { host: '127.0.0.1', port, path: url, method, headers: sent, agent: false }
    const onward = request(options, (theirs) => {
      const { 'transfer-encoding': encoding, ...headers } = theirs.headers
      const isChunked = encoding !== undefined && method !== 'HEAD'
      answer.writeHead(theirs.statusCode ?? 502, isChunked ? theirs.headers : headers)
      if (method === 'HEAD') answer.end()
      else theirs.on('error', () => answer.destroy()).pipe(answer)
    })
    onward.on('error', () => {
      if (!answer.headersSent) answer.destroy()
    })
    return asking.pipe(onward)
  }

  const server = createServer((asking, answer) => {
    if (asking.method === 'POST' && asking.url === '/v3/auth/tokens')
      issue(asking, answer).catch(() => answer.writeHead(400).end())
    else passOn(asking, answer)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    authUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3`,
    user: USER,
    project: PROJECT,
    credential: CREDENTIAL,
    state,
    /** From now on no token that it has issued is good. */
    expire: () => tokens.clear(),
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
export type LabKeystone = Awaited<ReturnType<typeof startKeystone>>
