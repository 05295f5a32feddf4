import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Cluster, type Redis } from 'ioredis'

type Argument = string | number | Buffer

/** Runs the script; a reply of several is an array, and what it holds are bytes, for Lua truncates numbers it returns. */
export type LuaScript = (keys: string[], args: Argument[]) => Promise<Buffer[]>

/** A Lua script from files, taken as one text in their order, sent whole only where Redis does not know it yet. */
export function loadScript(redis: Redis | Cluster, ...files: URL[]): LuaScript {
  const source = files.map((file) => readFileSync(file, 'utf8')).join('\n')
  const sha = createHash('sha1').update(source).digest('hex')
  const call = redis instanceof Cluster ? makeCall(redis) : makeBatchedCall(redis)
  return async (keys, args) => {
    const rest = [keys.length, ...keys, ...args]
    const reply = await call('EVALSHA', [sha, ...rest]).catch((error: Error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error
      return call('EVAL', [source, ...rest])
    })
    return (Array.isArray(reply) ? reply : [reply]).map(toBuffer)
  }
}

type Call = (command: string, args: Argument[]) => Promise<unknown>

/** In a cluster each call finds the node of its keys. */
const makeCall =
  (redis: Cluster): Call =>
  (command, args) =>
    redis.callBuffer(command, ...args)

/** Calls of one turn go out in one write: a job of events has some hundred, and a write each took a tenth of its time. */
function makeBatchedCall(redis: Redis): Call {
  let batch: ReturnType<Redis['pipeline']> | undefined
  let replies: Promise<[Error | null, unknown][] | null> | undefined
  return async (command, args) => {
    if (batch === undefined) {
      const opened = redis.pipeline()
      batch = opened
      replies = Promise.resolve().then(() => {
        batch = undefined
        return opened.exec()
      })
    }
    const position = batch.length
    batch.callBuffer(command, ...args)
    const [error, reply] = (await replies)?.[position] ?? [new Error('Redis gave no reply'), null]
    if (error) throw error
    return reply
  }
}

const toBuffer = (part: unknown): Buffer => (Buffer.isBuffer(part) ? part : Buffer.from(String(part)))
