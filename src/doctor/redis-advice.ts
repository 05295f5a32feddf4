const BY_MESSAGE: readonly [message: RegExp, fix: string][] = [
  [
    /WRONGPASS|NOAUTH|password/i,
    'correct user and password in redis.url (or REDIS_URL): redis://user:password@host:6379',
  ],
  [
    /NOPERM|permissions/i,
    'allow the user of redis.url all commands on keys that begin with redis.prefix, and INFO',
  ],
  [/begin with redis\+/, 'write the URL in this form'],
  [
    /certificate|TLS|SSL/i,
    'write rediss:// for TLS and redis:// without; NODE_EXTRA_CA_CERTS names a CA of your own',
  ],
]

/** What to do about a Redis that cannot be used, by what went wrong. */
export const redisAdvice = (message: string): string =>
  BY_MESSAGE.find(([known]) => known.test(message))?.[1] ??
  'start Redis, or correct host and port of redis.url (or REDIS_URL) as seen from this host'
