import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose'

/** A key of the issuer. */
export interface LabKey {
  kid: string
  alg: string
  privateKey: CryptoKey
  /** The public key in PEM. */
  pem: string
  jwk: JWK
}

export async function makeKey(kid: string, alg = 'RS256'): Promise<LabKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return { kid, alg, privateKey, pem: await exportSPKI(publicKey), jwk }
}

/** What the issuer answers; a test may replace it. */
interface Answers {
  /** What replaces keys of the discovery document. */
  discovery: Record<string, unknown>
  keys: JWK[]
  /** Whether it answers 500. */
  isDown: boolean
  /** Bytes of spaces before the keys. */
  padding: number
}

/** A server that publishes its keys as GitLab and GitHub do (OpenID Connect Discovery 1.0), and signs tokens. */
export async function startIssuer(keys: readonly LabKey[]) {
  const answers: Answers = { discovery: {}, keys: keys.map(({ jwk }) => jwk), isDown: false, padding: 0 }
  const asked: string[] = []
  const server = createServer(({ url: path = '' }, answer) => {
    asked.push(path)
    if (answers.isDown) return void answer.writeHead(500).end()
    const document = { issuer: url, jwks_uri: `${url}/oauth/discovery/keys`, ...answers.discovery }
    if (path === '/.well-known/openid-configuration') return void answer.end(JSON.stringify(document))
    if (path !== '/oauth/discovery/keys') return void answer.writeHead(404).end()
    answer.write(' '.repeat(answers.padding))
    answer.end(JSON.stringify({ keys: answers.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    answers,
    /** The paths of all requests. */
    asked,
    close: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
export type LabIssuer = Awaited<ReturnType<typeof startIssuer>>

/** Signs a token with these claims. `header` replaces keys of its header. */
export const sign = (key: LabKey, claims: Record<string, unknown>, header: Record<string, unknown> = {}) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header })
    .sign(key.privateKey)

export const AUDIENCE = 'https://tallyman.example.com'

/** The claims of a job that GitLab tells (docs.gitlab.com/ci/secrets/id_token_authentication). `now`: epoch s. */
export const gitlabClaims = (iss: string, now = Math.floor(Date.now() / 1000)) => ({
  ...{
    iss,
    aud: AUDIENCE,
    iat: now,
    nbf: now - 5,
    exp: now + 3600,
    jti: 'c82eeb0c-5c6f-4a33-abf5-4c474b92b558',
  },
  sub: 'project_path:team-a/app:ref_type:tag:ref:v1.0',
  ...{ namespace_id: '72', namespace_path: 'team-a', project_id: '22', project_path: 'team-a/app' },
  ...{
    user_id: '1',
    user_login: 'ann',
    user_email: 'ann@example.com',
    pipeline_id: '574',
    pipeline_source: 'push',
  },
  ...{ job_id: '302', ref: 'v1.0', ref_type: 'tag', ref_path: 'refs/tags/v1.0', ref_protected: 'true' },
  ...{ runner_id: 1, runner_environment: 'self-hosted', sha: '714a629c0b401fdce83e847fc9589983fc6f46bc' },
})

/** The claims of a job that GitHub tells (docs.github.com/actions/reference/security/oidc). `now`: epoch s. */
export const githubClaims = (iss: string, now = Math.floor(Date.now() / 1000)) => ({
  ...{
    iss,
    aud: AUDIENCE,
    iat: now,
    nbf: now - 300,
    exp: now + 300,
    jti: '4a576b35-ff09-41c5-af2c-ca62dd89b76a',
  },
  sub: 'repo:Acme/App:environment:production',
  ...{ repository: 'Acme/App', repository_id: '74', repository_owner: 'Acme', repository_owner_id: '65' },
  ...{ actor: 'ann', actor_id: '12', run_id: '20', run_number: '10', run_attempt: '2', event_name: 'push' },
  ...{ ref: 'refs/tags/v1.0', ref_type: 'tag', ref_protected: 'true', environment: 'production' },
  ...{
    sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    workflow: 'release',
    runner_environment: 'github-hosted',
  },
})
