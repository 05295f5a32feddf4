import { RegistryError } from '../registry/registry-error.ts'

/** By codes of the network and of OpenSSL. `{name}` stands for the name of the registry. */
const BY_CODE: readonly [codes: RegExp, fix: string][] = [
  [
    /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_UNTRUSTED)/,
    'name the CA of its certificate in registries.{name}.caFile',
  ],
  [/^CERT_HAS_EXPIRED/, 'renew the certificate of the registry; if it is valid, set the clock of this host'],
  [
    /^ERR_TLS_CERT_ALTNAME/,
    'put a name into registries.{name}.url that the certificate has, or give the registry a certificate with this name',
  ],
  [
    /^(EPROTO|ERR_SSL)/,
    'write http:// in registries.{name}.url if the registry speaks no TLS, https:// if it does',
  ],
  [
    /^ECONNREFUSED/,
    'start the registry, or correct host and port of registries.{name}.url as seen from this host',
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN)/,
    'correct the host in registries.{name}.url, or the DNS of this host: the name is not known here',
  ],
  [
    /^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|EHOSTUNREACH|ENETUNREACH)/,
    'let this host reach the registry: a firewall, or proxy and its exceptions (proxy.except), may be in the way',
  ],
]

const BY_STATUS: readonly [status: (status: number) => boolean, fix: string][] = [
  [
    (status) => status === 401,
    'set registries.{name}.username and passwordFile to a login that the registry accepts, or log in with docker login',
  ],
  [
    (status) => status === 403,
    'give the user in registries.{name}.username the rights for this: to list and pull everywhere, to delete and push where expiry applies',
  ],
  [
    (status) => status === 404,
    "correct registries.{name}.url: what stands there before /v2/ is no registry's API",
  ],
  [(status) => status === 429, 'set registries.{name}.requestsPerSecond below what the registry allows'],
  [(status) => status >= 500, 'see the log of the registry: it fails'],
]

/** What to do about a request to the registry `name` that failed, if it is known. */
export function registryAdvice(name: string, error: unknown): string | undefined {
  if (!(error instanceof RegistryError)) return undefined
  const { status, codes } = error
  const fix =
    BY_CODE.find(([known]) => codes.some((code) => known.test(code)))?.[1] ??
    BY_STATUS.find(([isIt]) => status !== undefined && isIt(status))?.[1]
  return fix?.replaceAll('{name}', name)
}
