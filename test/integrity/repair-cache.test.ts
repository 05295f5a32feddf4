import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { missingAt } from '../../lab/missing-at.ts'
import { pushImage } from '../../lab/push-image.ts'
import { startRegistry } from '../../lab/registry.ts'
import { makeRepair } from '../../src/integrity/repair.ts'
import { makeRegistryClient } from '../../src/registry/client.ts'
import { blobKey } from '../../src/storage/layout.ts'

test('what a registry with a cache says that it has is read, and put back if it does not come', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-repair-'))
  const root = join(folder, 'storage')
  const storage = `  filesystem: {rootdirectory: ${root}}\n  cache: {blobdescriptor: inmemory}`
  const ci = await startRegistry({ folder, storage })
  const production = await startRegistry()
  const clients = {
    ci: makeRegistryClient({ name: 'ci', url: ci.url }),
    production: makeRegistryClient({ name: 'production', url: production.url }),
  }
  onTestFinished(async () => {
    for (const client of Object.values(clients)) await client.close()
    await ci.close()
    await production.close()
  })
  const image = makeImage({ layers: [{ seed: 'cached', bytes: 5_000 }], label: 'x' })
  for (const client of Object.values(clients)) await pushImage(client, 'a/x', 'v1', image)
  const [layer = ''] = [...image.blobs.keys()]
  await rm(join(root, blobKey(layer)))
  expect(await clients.ci.headBlob('a/x', layer)).toBeDefined()

  const told: string[] = []
  const repair = makeRepair({
    clientOf: (name) => clients[name as keyof typeof clients],
    find: async () => undefined,
    findCopies: async () => ['production/a/x'],
    mountFrom: () => async () => [],
    trashed: async () => undefined,
    stopped: new AbortController().signal,
    onRepaired: async (_, digests) => void told.push(...digests),
  })
  const job = {
    kind: 'repair',
    registry: 'ci',
    project: 'ci/a/x',
    repository: 'a/x',
    dryRun: false,
    by: 'test',
  } as const
  const asked = { ...job, digest: image.root.digest }
  expect(await repair(asked)).toMatchObject({ isWhole: true, contents: [{ outcome: 'repaired' }] })
  expect(told).toEqual([layer])
  expect(await missingAt(clients.ci, 'a/x', image)).toEqual([])
})
