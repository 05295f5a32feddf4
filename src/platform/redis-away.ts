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

/** Whether an error means that Redis is away. ioredis has no single class for such errors. */
export function isRedisAway(error: Error): boolean {
  return (
    NO_CONNECTION.test(error.message) ||
    isRedisRefusal(error) ||
    ('code' in error && AWAY_CODES.includes(String(error.code)))
  )
}
