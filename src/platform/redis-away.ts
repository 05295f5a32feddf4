/** The messages of ioredis without a connection; the second half are those of a cluster. */
const NO_CONNECTION =
  /^(Connection is closed|Command timed out|Stream isn't writeable|Reached the max retries|All sentinels are|None of startup nodes|Failed to refresh slots cache|Too many Cluster redirections|Cluster (isn't ready|is (ended|disconnect)))/

/**
 * The codes of Redis for "not now": it is loading, busy with a script, full, waiting for replicas, no longer the master
 * after a failover (UNBLOCKED too), moving slots, or discards a transaction for one of these reasons.
 */
const NOT_NOW =
  /^(LOADING|BUSY|OOM|MISCONF|NOREPLICAS|READONLY|MASTERDOWN|UNBLOCKED|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|EXECABORT)\b/

const AWAY_CODES = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOENT', 'ETIMEDOUT', 'EHOSTUNREACH']

/** Whether an error is an answer of Redis that says "not now". */
export const isRedisRefusal = ({ message }: Error): boolean => NOT_NOW.test(message)

/** Whether an error is one of ioredis without a connection. Errors of the network are not: other peers cause the same. */
export const saysNoConnection = ({ message }: Error): boolean => NO_CONNECTION.test(message)

/** Whether an error means that Redis is away. ioredis has no single class for such errors. */
export function isRedisAway(error: Error): boolean {
  return (
    saysNoConnection(error) ||
    isRedisRefusal(error) ||
    ('code' in error && AWAY_CODES.includes(String(error.code)))
  )
}

const WHY: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'its socket does not exist',
  ECONNRESET: 'the connection is lost',
  EPIPE: 'the connection is lost',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its host',
  ENOTFOUND: 'its host is unknown',
  EAI_AGAIN: 'its host is unknown',
}

/** What Redis adds to an error of a script. */
const OF_SCRIPT = /\.? ?script: [\da-f]+, on @user_script.*$/s

/** Why Redis is away, in words for people. An answer of Redis is quoted. */
export function whyAway(error: Error): string {
  // Node's error for several addresses has no code of its own.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code = first instanceof Error && 'code' in first ? String(first.code) : ''
  if (error.name === 'ReplyError') return `it answers "${error.message.replace(OF_SCRIPT, '')}"`
  return WHY[code] ?? 'it does not answer'
}
