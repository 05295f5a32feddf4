import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { startEventSource } from '../../lab/event-source.ts'
import { indexComesToHold } from '../../lab/index-holds.ts'
import { startRedis } from '../../lab/redis.ts'
import { makeService } from '../../lab/service.ts'
import { eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A file system of 16 MiB, or the reason why it cannot be made. */
function mountSmallDisk(): { folder: string } | { missing: string } {
  const folder = mkdtempSync(join(tmpdir(), 'tallyman-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder], { stdio: 'pipe' })
    closers.push(() => execFileSync('umount', ['-l', folder]))
    return { folder }
  } catch (error) {
    return { missing: `a small tmpfs cannot be mounted here: ${String(error).split('\n')[0]}` }
  } finally {
    closers.unshift(() => rmSync(folder, { recursive: true, force: true }))
  }
}

/** Writes to a file until the disk is full. */
function fill(file: string): void {
  for (;;)
    try {
      appendFileSync(file, Buffer.alloc(64 * 1024))
    } catch {
      return
    }
}

const disk = mountSmallDisk()
if ('missing' in disk) process.stdout.write(`skipped, the test of a full disk: ${disk.missing}\n`)

test.skipIf('missing' in disk)(
  'the disk of Redis is full for a while: registries get 503, and no acknowledged event is lost',
  async () => {
    if ('missing' in disk) return
    const folder = join(disk.folder, 'redis')
    await mkdir(folder)
    const redis = await startRedis({ folder, args: ['--appendonly', 'yes', '--appendfsync', 'everysec'] })
    closers.push(() => redis.close())
    const service = await makeService({ redisUrl: redis.url })
    closers.push(service.close)
    const api = await service.startApi()
    const worker = await service.startWorker('events', 'quota')
    const source = startEventSource({ url: service.url, registries: 4, projects: 5 })
    await source.untilMore(50)

    const filler = join(disk.folder, 'filler')
    fill(filler)
    await eventually(
      async () => source.refusals.get(503) ?? 0,
      (count) => count > 10,
    )
    const answer = await fetch(`${service.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${WEBHOOK_TOKEN}`, 'content-type': 'application/json' },
      body: '{"events":[{}]}',
    })
    expect(await answer.json()).toMatchObject({
      status: 503,
      detail: expect.stringContaining('No space left on device'),
    })
    const refused = source.refusals.get(503) ?? 0
    await eventually(
      async () => source.refusals.get(503) ?? 0,
      (count) => count > refused + 50,
    )

    await rm(filler)
    await source.untilMore(50)
    await source.stop()
    await indexComesToHold(redis.url, source.told)
    // 0: on a busy machine an answer may be late.
    expect([...source.refusals.keys()].filter((status) => status !== 0 && status !== 503)).toEqual([])
    expect([api, worker].map(({ child }) => child.exitCode)).toEqual([null, null])
  },
  240_000,
)
