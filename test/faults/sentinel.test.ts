import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startSentinel } from '../../lab/redis-sentinel.ts'
import { untilReplicated } from '../../lab/replication.ts'
import { makeService } from '../../lab/service.ts'
import { eventually } from '../../lab/tallyman.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/**
 * SIGKILL ends every connection at once. SIGSTOP ends none, as when a machine is cut off: a master that says nothing is left
 * after some seconds for the one that the sentinels name.
 */
test.each(['SIGKILL', 'SIGSTOP'] as const)(
  'a master behind sentinels is gone by %s, and the service goes on with its replica',
  async (signal) => {
    const servers = await startSentinel()
    closers.push(servers.close)
    closers.push(() => servers.master.process.child.kill('SIGCONT'))
    const service = await makeService({ redisUrl: servers.url })
    closers.push(service.close)
    await service.startApi()
    const worker = await service.startWorker('events', 'quota')
    const source = startEventSource({ url: service.url, registries: 8, projects: 5 })
    await sleep(1_000)
    // As in cluster.test.ts: what was not yet replicated is lost with a master.
    await source.hold()
    await indexComesToHold(servers.url, source.told, 30_000)
    const acknowledged = source.acknowledged()
    await untilReplicated(servers.master, servers.replica)
    servers.master.process.child.kill(signal)
    const died = Date.now()
    source.goOn()

    await eventually(
      async () => source.acknowledged(),
      (count) => count > acknowledged,
    )
    const away = Date.now() - died
    await source.hold()
    await indexComesToHold(servers.url, source.told, 45_000)
    const whole = Date.now() - died
    source.goOn()
    await sleep(1_000)
    await source.stop()
    await indexComesToHold(servers.url, source.told, 30_000)

    expect(source.acknowledged()).toBeGreaterThan(acknowledged + 100)
    expect([...source.refusals.keys()].filter((status) => status !== 0 && status !== 503)).toEqual([])
    expect(worker.child.exitCode).toBe(null)
    process.stdout.write(
      `sentinel: ${away} ms after the master's ${signal} the first event was taken, after ${whole} ms all were in the ` +
        `index; ${source.acknowledged()} events\n`,
    )
  },
  90_000,
)
