import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type LabImage, makeImage } from '../../lab/image.ts'
import { hasNginx, startNginx } from '../../lab/nginx.ts'
import { freePort } from '../../lab/ports.ts'
import { startRegistry } from '../../lab/registry.ts'
import { skopeoPush } from '../../lab/skopeo.ts'
import { eventually, WEBHOOK_TOKEN } from '../../lab/tallyman.ts'
import { probeMemory } from '../../src/barrier/probe.ts'
import type { CollectionRun } from '../../src/collection/collection-run.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import { type ServiceBed, startServiceBed } from '../cli/service-bed.ts'
import { nginxConfiguration } from '../deploy/nginx-configuration.ts'
import { client } from './scene.ts'

const listed = async (folder: string) => (await readdir(folder, { recursive: true })).sort()

/** The whole way: nginx as it is shipped, a real registry, the service and its command. */
describe.skipIf(!hasNginx)('a collection behind nginx', () => {
  let bed: ServiceBed
  let nginx: Awaited<ReturnType<typeof startNginx>>
  let host: string
  beforeAll(async () => {
    host = `127.0.0.1:${await freePort()}`
    bed = await startServiceBed({}, undefined, (registry) => ({
      storage: { type: 'folder', path: registry.storage },
      gc: { barrier: { url: `http://${host}`, minAge: '1m', rest: '1s' } },
    }))
    const servers = await nginxConfiguration({
      ...{ tallyman: new URL(bed.url).host, registry: bed.ci.host, listen: host, token: WEBHOOK_TOKEN },
    })
    nginx = await startNginx({ servers, url: `http://${host}/v2/` })
  })
  afterAll(async () => {
    await nginx?.close()
    await bed?.close()
  })

  const imageOf = (seed: string): LabImage => makeImage({ layers: [{ seed, bytes: 20_000 }], label: seed })
  /** Makes all that the registry has two hours old. */
  async function age(): Promise<void> {
    const before = new Date(Date.now() - 7_200_000)
    for await (const { key } of makeFolderStorage({ path: bed.ci.storage }).list('docker'))
      await utimes(join(bed.ci.storage, key), before, before)
  }
  const collect = async (...more: string[]): Promise<CollectionRun> => bed.json('gc', 'run', 'ci', ...more)

  test('takes away what nothing names, while images are pushed, and tells what it did', async () => {
    const [gone, kept] = [imageOf('gone'), imageOf('kept')]
    for (const [tag, image] of [
      ['gone', gone],
      ['kept', kept],
    ] as const)
      await skopeoPush(image, `${host}/team/app:${tag}`)
    const direct = client(bed.ci.url)
    await direct.remove('team/app', gone.root.digest)
    await age()
    const planned = await collect('--dry-run')
    expect(planned).toMatchObject({ mode: 'barrier', outcome: 'planned', promised: { blobs: 3 } })

    const pushes = Array.from({ length: 5 }, (_, n) =>
      skopeoPush(imageOf(`new ${n}`), `${host}/team/app:new-${n}`),
    )
    const [run] = await Promise.all([collect(), ...pushes])
    expect(run).toMatchObject({ outcome: 'done', promised: planned.promised, freed: planned.promised })
    expect(run.pauseMs).toBeGreaterThan(0)
    for (const [tag, image] of [
      ['kept', kept],
      ...Array.from({ length: 5 }, (_, n) => [`new-${n}`, imageOf(`new ${n}`)]),
    ] as [string, LabImage][])
      expect(await direct.lacking('team/app', tag, image)).toEqual([])
    for (const digest of gone.blobs.keys()) expect(await direct.has('team/app', digest)).toBe(false)

    // A collection asks for a survey, so that the report and the advice know of it.
    const { parts } = await eventually(
      () => bed.json('storage', 'report', 'ci'),
      ({ parts }) => parts.trash.objects > 0,
    )
    expect(parts.trash).toEqual({ objects: run.freed?.blobs, bytes: run.freed?.bytes })
    expect(parts.unreferenced.objects + parts.orphaned.objects).toBe(0)
  })

  test('is refused at a registry that remembers blobs, and leaves nothing of its trial', async () => {
    const cached = await startRegistry({ cache: 'inmemory' })
    const storage = makeFolderStorage({ path: cached.storage })
    const direct = makeRegistryClient({ name: 'cached', url: cached.url })
    await client(cached.url).push('team/app', 'v1', imageOf('some'))
    const before = await listed(cached.storage)
    expect(await probeMemory(storage, direct)).toBe('remembers')
    expect(await listed(cached.storage)).toEqual(before)
    await direct.close()
    await cached.close()
  })

  test('is refused if pushes do not pass through the gate', async () => {
    const other = await startServiceBed({}, undefined, (registry) => ({
      storage: { type: 'folder', path: registry.storage },
      gc: { barrier: {} },
    }))
    await client(other.ci.url).push('team/app', 'v1', imageOf('some'))
    const { err } = await other.run('gc', 'run', 'ci')
    expect(err).toContain('did not pass through the gate')
    await other.close()
  })
})
