import { Redis } from 'ioredis'
import { startRedis } from './redis.ts'
import { makeUsageIndex } from '../src/usage/usage-index.ts'
import { digestOf } from './image.ts'
const server = await startRedis()
const redis = new Redis(server.port, { replyMapping: 'legacy' })
const T = 1_795_449_746_000_000
const digest = (name: string) => digestOf(Buffer.from(name))
const push = (n: number, blobs: number): any => ({ kind: 'push', repository: `r${n % 50}`, at: T + n, tag: `v${n}`, digest: digest(`m${n}`), size: 500, mediaType: '', extent: 'all', references: Array.from({ length: blobs }, (_, i) => ({ kind: 'blob', digest: digest(`b${n}-${i}`), size: 70000+i })) })
const pull = (n: number): any => ({ kind: 'pull', id: `${n}`, repository: `r${n % 50}`, at: T + n+1e6, digest: digest(`m${n}`), size: 500, mediaType: '' })
for (const limits of [{ work: 120, claims: 250 }, { work: 80, claims: 150 }]) {
  const index = makeUsageIndex({ redis, prefix: `t${limits.work}`, limits })
  await index.applyAll(new Map([['ci/app', Array.from({ length: 20000 }, (_, n) => push(n, 11))]]))
  for (const [what, facts] of Object.entries({ pushes: Array.from({ length: 5000 }, (_, n) => push(20000 + n, 11)), pulls: Array.from({ length: 10000 }, (_, n) => pull(n)) })) {
    await redis.call('CONFIG', 'SET', 'slowlog-log-slower-than', '0'); await redis.call('CONFIG', 'SET', 'slowlog-max-len', '100000'); await redis.call('SLOWLOG', 'RESET')
    await redis.call('CONFIG','RESETSTAT'); const c0 = process.cpuUsage(); const t = performance.now()
    await index.applyAll(new Map([['ci/app', facts]]))
    const ms = performance.now() - t
    const all = (await redis.call('SLOWLOG', 'GET', '-1')) as any[]
    const byScript = new Map<string, number[]>()
    for (const [, , us, args] of all) if (/^eval/i.test(args[0])) { const k = args[1].slice(0, 6) + args[3].slice(0, 12); byScript.set(k, [...(byScript.get(k) ?? []), us / 1000]) }
    const c = process.cpuUsage(c0); const info = await redis.info('commandstats'); console.log(JSON.stringify(limits), what, ms.toFixed(0), 'ms', 'node cpu', ((c.user+c.system)/1000).toFixed(0)); console.log(info.split('\n').filter((l) => /eval|lrange|lrem|hgetall|cmdstat_hset|cmdstat_hget:|hdel/.test(l)).join('\n'))
    for (const [k, v] of byScript) { v.sort((a, b) => a - b); console.log('  ', k, v.length, 'calls; p50', v[v.length >> 1], 'p99', v[Math.floor(v.length * .99)], 'max', v.at(-1), 'sum', v.reduce((a, b) => a + b, 0).toFixed(0)) }
    await redis.call('CONFIG', 'SET', 'slowlog-log-slower-than', '-1')
  }
}
redis.disconnect(); await server.close()
