import { afterEach, expect, test } from 'vitest'
import { startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startSentinel } from '../../lab/redis-sentinel.ts'
import { untilReplicated } from '../../lab/replication.ts'
import { makeService } from '../../lab/service.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/**
 * SIGKILL ends every connection at once. SIGSTOP ends none, as when a machine is cut off: after some seconds without an
 * answer a process leaves the master for the one that the sentinels name.
 */
test.each(['SIGKILL', 'SIGSTOP'] as const)(
  'a master behind sentinels is lost by %s, and the service goes on with its replica',
  async (signal) => {
    const servers = await startSentinel()
    closers.push(servers.close)
    closers.push(() => servers.master.process.child.kill('SIGCONT'))
    const service = await makeService({ redisUrl: servers.url })
    closers.push(service.close)
    await service.startApi()
    const worker = await service.startWorker('events', 'quota')
    const source = startEventSource({ url: service.url, registries: 8, projects: 5 })
    await source.untilMore(300)
    // As in cluster.test.ts: events that are not yet replicated are lost with a master.
    await source.hold()
    await indexComesToHold(servers.url, source.told)
    await untilReplicated(servers.master, servers.replica)
    servers.master.process.child.kill(signal)
    const died = Date.now()
    source.goOn()

    await source.untilMore(1)
    const away = Date.now() - died
    await source.hold()
    await indexComesToHold(servers.url, source.told)
    const whole = Date.now() - died
    source.goOn()
    await source.untilMore(300)
    await source.stop()
    await indexComesToHold(servers.url, source.told)

    expect([...source.refusals.keys()].filter((status) => status !== 0 && status !== 503)).toEqual([])
    expect(worker.child.exitCode).toBe(null)
    process.stdout.write(
      `sentinel: ${away} ms after the master's ${signal} the first event was accepted, after ${whole} ms all were in the ` +
        `index; ${source.acknowledged()} events\n`,
    )
  },
  240_000,
)
