import { ConfigError } from '../config/config-error.ts'
import { proxyFrom } from '../config/proxy.ts'
import { readTextFile } from '../platform/read-text-file.ts'
import { CommandError } from './command-error.ts'
import { type Access, makeService, type Service } from './service.ts'
import { SERVICE_URL, type ServiceOptions, serviceUrl } from './service-options.ts'

/** Bytes of a file with a token, and of one with certificates. */
const TOKEN_LIMIT = 64 * 1024
const CA_LIMIT = 16 * 1024 * 1024

/**
 * The address is `--url` or `TALLYMAN_URL`, and the token that of `TALLYMAN_TOKEN` or in the file `TALLYMAN_TOKEN_FILE`. What is
 * not given comes from the configuration that the service runs with: its address and its admin token. Its other sections may be
 * wrong: in an emergency a command must reach the service. Proxies are those of the environment.
 */
export async function findService(env: NodeJS.ProcessEnv, options: ServiceOptions): Promise<Service> {
  const given = {
    ...addressIn(env, options),
    ...(await tokenIn(env)),
    ...proxyIn(env),
    ...(options.deadlineMs !== undefined && { deadlineMs: options.deadlineMs }),
    ...(options.caFile !== undefined && { ca: await read(options.caFile, '--ca-file', CA_LIMIT) }),
  }
  return makeService(isComplete(given) ? given : { ...(await fromConfig(env, given)), ...given })
}

const isComplete = (access: Partial<Access>): access is Access =>
  access.url !== undefined && access.token !== undefined

function addressIn(
  env: NodeJS.ProcessEnv,
  { url }: ServiceOptions,
): Pick<Access, 'url' | 'urlFrom'> | object {
  if (url !== undefined) return { url, urlFrom: '--url' }
  if (!env.TALLYMAN_URL) return {}
  const found = serviceUrl(env.TALLYMAN_URL)
  if (found === undefined) throw new CommandError(`TALLYMAN_URL: expected ${SERVICE_URL}`)
  return { url: found, urlFrom: 'TALLYMAN_URL' }
}

function proxyIn(env: NodeJS.ProcessEnv): Pick<Access, 'proxy'> {
  const { proxy, problems } = proxyFrom(env)
  if (problems.length > 0) throw new CommandError(...new ConfigError(problems).message.split('\n'))
  return proxy === undefined ? {} : { proxy }
}

async function tokenIn(env: NodeJS.ProcessEnv): Promise<Pick<Access, 'token' | 'tokenFrom'> | object> {
  const { TALLYMAN_TOKEN: token, TALLYMAN_TOKEN_FILE: file } = env
  if (token && file)
    throw new CommandError('expected TALLYMAN_TOKEN or TALLYMAN_TOKEN_FILE, not both: one would not count')
  if (token) return { token: checkToken(token, 'TALLYMAN_TOKEN'), tokenFrom: 'TALLYMAN_TOKEN' }
  if (!file) return {}
  const text = (await read(file, 'TALLYMAN_TOKEN_FILE', TOKEN_LIMIT)).trim()
  return { token: checkToken(text, file), tokenFrom: `${file} (TALLYMAN_TOKEN_FILE)` }
}

/** @throws CommandError if the text cannot be in a header */
function checkToken(text: string, from: string): string {
  if (/^[\x21-\x7e]+$/.test(text)) return text
  throw new CommandError(
    text === ''
      ? `${from} is empty: expected a token`
      : `${from} is no token: it has a space, a line break or a letter beyond ASCII`,
  )
}

const read = (file: string, whose: string, limit: number): Promise<string> =>
  readTextFile(file, limit).catch((error: Error) => {
    throw new CommandError(`${whose}: ${file} cannot be read: ${error.message}`)
  })

/** The address and the admin token in the configuration. Only where these are needed is the configuration loaded. */
async function fromConfig(env: NodeJS.ProcessEnv, given: Partial<Access>): Promise<Access> {
  const { loadServer } = await import('../config/load.ts')
  const file = env.TALLYMAN_CONFIG ?? 'tallyman.yaml'
  const server = await loadServer(file, env).catch((error) => {
    if (!(error instanceof ConfigError)) throw error
    throw new CommandError(
      ...error.message.split('\n'),
      'Set TALLYMAN_CONFIG to use another file. With --url and TALLYMAN_TOKEN no configuration is needed.',
    )
  })
  if (given.url === undefined && server.port === 0)
    throw new CommandError(
      `server.port in ${file} is 0, which stands for any free port: give the address with --url http://HOST:PORT`,
    )
  return {
    ...{ url: addressOf(server), urlFrom: `server.host and server.port of ${file}, or from --url` },
    ...{ token: server.adminToken, tokenFrom: `server.adminToken of ${file}` },
  }
}

/** The URL of a server that listens on `host`: on loopback if `host` stands for every interface. */
export function addressOf({ host, port }: { host: string; port: number }): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`
  if (host === '::') return `http://[::1]:${port}`
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
