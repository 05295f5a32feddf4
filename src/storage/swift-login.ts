import { isObject } from '../registry/descriptor.ts'
import type { HttpClient } from '../registry/http-client.ts'
import { RegistryError } from '../registry/registry-error.ts'

/** How Tallyman logs in to Swift. The names are those of distribution's swift driver. */
export interface SwiftLogin {
  /** 1: TempAuth, or the RADOS Gateway's own; 3: Keystone's Identity API v3. */
  authVersion: 1 | 3
  /** For 1 what answers with the token, `…/auth/v1.0`; for 3 what stands before `/auth/tokens`, `…/v3`. */
  authUrl: string
  /** For 1: the user, `account:user` at TempAuth. For 3: a name in `domain`. */
  username?: string | undefined
  /** For 3, instead of `username`. */
  userId?: string | undefined
  password?: string | undefined
  /** For 3, instead of a user: an application credential, which has its own project. */
  applicationCredentialId?: string | undefined
  applicationCredentialSecret?: string | undefined
  /** The project by name or by id. Neither: the default project of the user. */
  tenant?: string | undefined
  tenantId?: string | undefined
  /** The domain of the user, by name or by id. Neither: the domain with the id `default`. */
  domain?: string | undefined
  domainId?: string | undefined
  /** The domain of the project, by name or by id. Neither: that of the user. */
  tenantDomain?: string | undefined
  tenantDomainId?: string | undefined
  /** For 3. It must be given if the catalogue has several. */
  region?: string | undefined
  /** For 3: which URL of the catalogue is used. */
  endpointType: 'public' | 'internal' | 'admin'
}

export interface SwiftSession {
  token: string
  /** The URL of the account, without a slash at its end. */
  url: string
}

/** A catalogue of a large cloud has some 100 kB. */
const ANSWER_LIMIT = 4 * 1024 * 1024

/** Logs in. @throws RegistryError, which holds no secret */
export async function logInToSwift(
  login: SwiftLogin,
  { http, registry, timeoutMs }: { http: HttpClient; registry: string; timeoutMs: number },
): Promise<SwiftSession> {
  const operation = `log in to Swift at ${login.authUrl}`
  const wrong = (reason: string) => new RegistryError({ registry, operation, reason })
  const send = async (
    sent: Pick<Parameters<HttpClient['send']>[0], 'method' | 'headers' | 'body'>,
    url: string,
  ) => {
    const answer = await http.send({ ...sent, url: new URL(url), operation, timeoutMs })
    if (answer.status >= 200 && answer.status < 300) return answer
    throw await answer.statusError(
      answer.status === 401
        ? 'Swift does not accept the login: user, password, project or domain'
        : undefined,
    )
  }

  if (login.authVersion === 1) {
    const headers = { 'x-auth-user': login.username ?? '', 'x-auth-key': login.password ?? '' }
    const answer = await send({ method: 'GET', headers }, login.authUrl)
    await answer.discard()
    return session(answer.header('x-auth-token'), answer.header('x-storage-url'), wrong)
  }
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const body = JSON.stringify({ auth: identityOf(login) })
  const answer = await send(
    { method: 'POST', headers, body },
    `${login.authUrl.replace(/\/$/, '')}/auth/tokens`,
  )
  const { token } = await answer.json(ANSWER_LIMIT)
  const catalog = isObject(token) && Array.isArray(token.catalog) ? token.catalog.filter(isObject) : []
  return session(answer.header('x-subject-token'), endpointOf(catalog, login, wrong), wrong)
}

function session(
  token: string | undefined,
  url: string | undefined,
  wrong: (reason: string) => Error,
): SwiftSession {
  if (!token) throw wrong('the answer has no token')
  if (url === undefined || !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw wrong('the answer has no http or https URL of the storage')
  return { token, url: url.replace(/\/+$/, '') }
}

const named = (id: string | undefined, name: string | undefined) =>
  id !== undefined ? { id } : name !== undefined ? { name } : undefined

/** What Keystone is asked for (Identity API v3, "Authentication and token management"). */
function identityOf(login: SwiftLogin) {
  if (login.applicationCredentialId !== undefined) {
    const application_credential = {
      ...{ id: login.applicationCredentialId, secret: login.applicationCredentialSecret },
    }
    return { identity: { methods: ['application_credential'], application_credential } }
  }
  const domain = named(login.domainId, login.domain) ?? { id: 'default' }
  const user = {
    // An id needs no domain.
    ...(login.userId !== undefined ? { id: login.userId } : { name: login.username, domain }),
    password: login.password,
  }
  const project =
    login.tenantId !== undefined
      ? { id: login.tenantId }
      : login.tenant !== undefined
        ? { name: login.tenant, domain: named(login.tenantDomainId, login.tenantDomain) ?? domain }
        : undefined
  return {
    identity: { methods: ['password'], password: { user } },
    ...(project && { scope: { project } }),
  }
}

/** The URL of the object store in the catalogue. @throws if there is none, or in several regions and none is named */
function endpointOf(
  catalog: readonly Record<string, unknown>[],
  { region, endpointType }: SwiftLogin,
  wrong: (reason: string) => Error,
): string {
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  const found = catalog
    .filter(({ type }) => type === 'object-store')
    .flatMap(({ endpoints }) => (Array.isArray(endpoints) ? endpoints.filter(isObject) : []))
    .filter((endpoint) => endpoint.interface === endpointType)
    .map((endpoint) => ({
      url: text(endpoint.url),
      region: text(endpoint.region_id) || text(endpoint.region),
    }))
  const regions = [...new Set(found.map((endpoint) => endpoint.region))]
  const fits = found.filter((endpoint) => region === undefined || endpoint.region === region)
  const [first] = fits
  if (first === undefined)
    throw wrong(
      catalog.length === 0
        ? 'the answer has no catalogue: name the project (tenant or tenantId)'
        : `the catalogue has no object-store with a ${endpointType} URL${region === undefined ? '' : ` in the region ${region}; it has it in ${regions.join(', ') || 'none'}`}`,
    )
  if (region === undefined && regions.length > 1)
    throw wrong(`the catalogue has the object-store in several regions, so name one: ${regions.join(', ')}`)
  return first.url
}
