import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Cluster, Redis } from 'ioredis'

type Argument = string | number | Buffer

/** Runs the script. The reply's parts are bytes: scripts return numbers as strings, since Redis truncates Lua numbers. */
export type LuaScript = (keys: string[], args: Argument[]) => Promise<Buffer[]>

/** Loads a Lua script from one or several files, joined in order. The text is sent only if Redis does not have it yet. */
export function loadScript(redis: Redis | Cluster, ...files: URL[]): LuaScript {
  const source = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const sha = createHash('sha1').update(source).digest('hex')
  return async (keys, args) => {
    const rest = [keys.length, ...keys, ...args]
    const reply = await redis.callBuffer('EVALSHA', sha, ...rest).catch((error: Error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error
      return redis.callBuffer('EVAL', source, ...rest)
    })
    return (Array.isArray(reply) ? reply : [reply]).map(toBuffer)
  }
}

const toBuffer = (part: unknown): Buffer => (Buffer.isBuffer(part) ? part : Buffer.from(String(part)))
