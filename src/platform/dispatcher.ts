import { createSecureContext, getCACertificates } from 'node:tls'
import { type Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici'

/** The proxies to use for `http:` and `https:` URLs, and the hosts to reach without them. */
export interface Proxies {
  http?: string | undefined
  https?: string | undefined
  /** As in `NO_PROXY`: names of hosts, with their subdomains, and with a port if only that is meant; `*` for all. */
  except: readonly string[]
}

/** What TLS needs beside the CAs of Node. Each is PEM. */
export interface Tls {
  /** Certificates of CAs to trust as well. */
  ca?: string | undefined
  /** The certificate to show to servers, and its key. */
  cert?: string | undefined
  key?: string | undefined
  /** Whether any certificate of the server is accepted: whoever is on the way can read and change everything. */
  insecure?: boolean | undefined
}

const CONNECT_MS = 5_000

/** Makes what sends the requests of undici: over a proxy, if there is one. The caller closes or destroys it. */
export function makeDispatcher(
  { proxy, tls }: { proxy?: Proxies | undefined; tls?: Tls | undefined },
  options: Agent.Options = {},
): Dispatcher {
  const connect = {
    timeout: CONNECT_MS,
    ...(tls && { secureContext: contextOf(tls), rejectUnauthorized: tls.insecure !== true }),
  }
  return new EnvHttpProxyAgent({
    ...options,
    connect,
    // Over a proxy: the connection through it, and the connection to it.
    requestTls: connect,
    proxyTls: { timeout: CONNECT_MS },
    // Given, so that undici does not look at the environment. The configuration has what it says.
    httpProxy: proxy?.http ?? '',
    httpsProxy: proxy?.https ?? '',
    noProxy: proxy?.except.join(',') ?? '',
  })
}

/** Made once: to parse the CAs of Node takes some 10 ms. */
function contextOf({ ca, cert, key }: Tls) {
  return createSecureContext({
    ...(ca !== undefined && { ca: [...getCACertificates('default'), ca] }),
    ...{ cert, key },
  })
}
