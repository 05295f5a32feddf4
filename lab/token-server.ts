import { createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type LabCertificates, makeCertificates } from './certificates.ts'

/** A token server (distribution docs, "Token Authentication Specification"). It serves whoever has the password. */
export interface TokenServer {
  readonly url: string
  readonly credentials: { username: string; password: string }
  /** Seconds until a token expires; the answers say 300 in any case. Distribution takes a token 60 s longer. */
  lifetime: number
  /** How many tokens it has issued. */
  issued(): number
  /** The registry's section `auth` for this server. */
  readonly registryConfig: string
  /** What a registry answers to a request whose token is not good for it; `undefined` if it is. */
  challenge(authorization: string | undefined, method: string, repository: string): string | undefined
  close(): Promise<void>
}

const [SERVICE, ISSUER] = ['lab registry', 'lab token server']
const credentials = { username: 'alice', password: 'pw' }
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

interface Access {
  type: string
  name: string
  actions: string[]
}

/** `denied`: actions that it grants to nobody. */
export async function startTokenServer({ denied = [] as string[] } = {}): Promise<TokenServer> {
  const certificates: LabCertificates = await makeCertificates()
  const key = createPrivateKey(await readFile(certificates.server.key))
  const x5c = [new X509Certificate(await readFile(certificates.server.cert)).raw.toString('base64')]
  const good = new Map<string, { access: Access[]; exp: number }>()

  function tokenFor(scopes: string[]): string {
    const now = Date.now() / 1000
    const access = scopes.map((scope) => {
      const [type = '', ...rest] = scope.split(':')
      const actions = rest.pop()?.split(',') ?? []
      return { type, name: rest.join(':'), actions: actions.filter((action) => !denied.includes(action)) }
    })
    const exp = Math.floor(now + server.lifetime)
    const claims = {
      iss: ISSUER,
      sub: 'alice',
      aud: SERVICE,
      exp,
      nbf: Math.floor(now) - 60,
      iat: Math.floor(now),
    }
    const unsigned = `${encode({ typ: 'JWT', alg: 'ES256', x5c })}.${encode({ ...claims, jti: randomUUID(), access })}`
    const signature = sign('sha256', Buffer.from(unsigned), { key, dsaEncoding: 'ieee-p1363' })
    const token = `${unsigned}.${signature.toString('base64url')}`
    good.set(`Bearer ${token}`, { access, exp: now + server.lifetime })
    return token
  }

  const basic = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`
  const http = createServer(({ url = '', headers }, response) => {
    if (headers.authorization !== basic) return response.writeHead(401).end()
    const scopes = new URL(url, 'http://lab').searchParams.getAll('scope')
    return response.end(JSON.stringify({ token: tokenFor(scopes), expires_in: 300 }))
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/token`

  const server: TokenServer = {
    ...{ url, credentials, lifetime: 300 },
    issued: () => good.size,
    registryConfig: `auth:\n  token: {realm: "${url}", service: ${SERVICE}, issuer: ${ISSUER}, rootcertbundle: ${certificates.ca}}\n`,
    challenge(authorization, method, repository) {
      const action = method === 'GET' || method === 'HEAD' ? 'pull' : method === 'DELETE' ? 'delete' : 'push'
      const { access, exp } = good.get(authorization ?? '') ?? { access: [], exp: 0 }
      const isGranted =
        repository === '' ||
        access.some(({ name, actions }) => name === repository && actions.includes(action))
      if (exp > Date.now() / 1000 && isGranted) return undefined
      const scope = repository === '' ? '' : `,scope="repository:${repository}:${action}"`
      return `Bearer realm="${url}",service="${SERVICE}"${scope}`
    },
    async close() {
      await new Promise((resolve) => http.close(resolve).closeAllConnections())
      await certificates.close()
    },
  }
  return server
}
