/** Where Redis is: the URL of one server, the socket of the server that this process started, a Cluster, or Sentinels. */
export type RedisTarget = { url: string } | { socket: string } | ClusterTarget | SentinelTarget

export interface ClusterTarget {
  /** Some of its nodes; they tell the others. */
  nodes: RedisAddress[]
  login: RedisLogin
  isTls: boolean
}

export interface SentinelTarget {
  sentinels: RedisAddress[]
  /** The name of the master that the sentinels watch. */
  master: string
  database: number
  /** For the master. */
  login: RedisLogin
  sentinelLogin: RedisLogin
  /** For the master and the sentinels. */
  isTls: boolean
}

export interface RedisAddress {
  host: string
  port: number
}

export interface RedisLogin {
  username?: string
  password?: string
}

const FORMS =
  'redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master; ' +
  'rediss instead of redis for TLS'

/** Credentials, hosts, path and query. Their separators must be percent-encoded inside them. */
const MANY = /^(rediss?)\+(cluster|sentinel):\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/

/**
 * Reads `redis://…`, which ioredis takes as it is, and two forms with several hosts, for which there is no standard:
 * `redis+sentinel://user:password@host,host/master/database?sentinelPassword=…`, as in Python's clients, and
 * `redis+cluster://user:password@host,host`.
 * @throws RangeError that says what was expected. It never quotes the URL, which may hold a password.
 */
export function parseRedisUrl(raw: string): RedisTarget {
  if (/^rediss?:$/.test(URL.parse(raw)?.protocol ?? '')) return { url: raw }
  const [, scheme, form, credentials = '', hosts = '', path = '', query = ''] = MANY.exec(raw) ?? []
  if (scheme === undefined) throw new RangeError(`expected ${FORMS}`)
  const common = { login: loginOf(credentials), isTls: scheme === 'rediss' }
  if (form === 'sentinel')
    return { ...common, ...sentinelOf(path, query), sentinels: addressesOf(hosts, 26_379) }
  if (path + query !== '')
    throw new RangeError('expected nothing after the hosts of redis+cluster://, which has one database')
  return { ...common, nodes: addressesOf(hosts, 6_379) }
}

/** Describes a target for people, without credentials. */
export function placeOf(target: RedisTarget): string {
  if ('socket' in target) return target.socket
  if ('url' in target) return URL.parse(target.url)?.host ?? ''
  const list = (addresses: RedisAddress[]) => addresses.map(({ host, port }) => `${host}:${port}`).join(', ')
  if ('nodes' in target) return `the cluster of ${list(target.nodes)}`
  return `${target.master} of the sentinels ${list(target.sentinels)}`
}

function sentinelOf(path: string, query: string) {
  const [master = '', database = '', ...more] = path.split('/').map(decoded)
  if (master === '') throw new RangeError("expected the master's name after the sentinels: …/mymaster")
  if (more.length > 0 || !/^\d*$/.test(database))
    throw new RangeError("expected nothing after the master's name but a database: …/mymaster/0")
  const { sentinelUsername, sentinelPassword, ...others } = Object.fromEntries(new URLSearchParams(query))
  if (Object.keys(others).length > 0)
    throw new RangeError('expected no parameters but sentinelUsername and sentinelPassword')
  const sentinelLogin = login(sentinelUsername, sentinelPassword)
  return { master, database: Number(database), sentinelLogin }
}

function addressesOf(hosts: string, defaultPort: number): RedisAddress[] {
  return hosts.split(',').map((text) => {
    const [, host = '', port = `${defaultPort}`] = /^([\w.-]+|\[[\da-fA-F:.]+\])(?::(\d+))?$/.exec(text) ?? []
    if (host === '' || Number(port) < 1 || Number(port) > 65_535)
      throw new RangeError(
        'expected host:port,host:port after ://, with special characters of a password %-encoded',
      )
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  })
}

function loginOf(credentials: string): RedisLogin {
  const [username = '', ...password] = credentials.split(':')
  return login(decoded(username), decoded(password.join(':')))
}

const login = (username = '', password = ''): RedisLogin => ({
  ...(username !== '' && { username }),
  ...(password !== '' && { password }),
})

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new RangeError('expected % only before two hexadecimal digits: a % itself is %25')
  }
}
