import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { type LabImage, makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { makeRepair } from '../../src/integrity/repair.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

/** Where a repair takes content from, if not every place that seems to have it does. */
let registries: Record<string, FaultyRegistry>
let clients: Record<string, RegistryClient>
beforeAll(async () => {
  const names = ['ci', 'first', 'second']
  registries = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await startFaultyRegistry()] as const)),
  )
  clients = Object.fromEntries(
    names.map((name) => [name, makeRegistryClient({ name, url: registries[name]?.url ?? '' })]),
  )
})
afterAll(async () => {
  for (const client of Object.values(clients ?? {})) await client.close()
  for (const registry of Object.values(registries ?? {})) await registry.close()
})

const clientOf = (name: string): RegistryClient => {
  const client = clients[name]
  if (client === undefined) throw new Error(`no ${name}`)
  return client
}
const imageOf = (label: string) => makeImage({ layers: [{ seed: label, bytes: 3_000 }], label })
const layerOf = ({ blobs }: LabImage): string => [...blobs.keys()][0] ?? ''

/** A registry in which the layer is missing, though everything else is there. */
function lacking(digest: string): RegistryClient {
  const ci = clientOf('ci')
  let isBack = false
  return {
    ...ci,
    readsBlob: async (repository, wanted) =>
      wanted === digest && !isBack ? false : ci.readsBlob(repository, wanted),
    async uploadBlob(...given) {
      await ci.uploadBlob(...given)
      isBack = true
    },
    mountBlob: async () => {
      throw new RegistryError({ registry: 'ci', operation: 'mount', reason: '', status: 403 })
    },
  }
}

const repairWith = (ci: RegistryClient, first: Partial<RegistryClient> = {}, trashed: LabImage[] = []) =>
  makeRepair({
    clientOf: (name) =>
      name === 'ci' ? ci : name === 'first' ? { ...clientOf(name), ...first } : clientOf(name),
    find: async () => undefined,
    findCopies: async () => ['first/a/x', 'second/a/x'],
    mountFrom: () => async () => [],
    async trashed({ digest }) {
      const found = trashed.map(({ manifests }) => manifests.get(digest)).find((one) => one !== undefined)
      return found && { bytes: found.bytes, descriptor: { mediaType: found.mediaType } }
    },
    onRepaired: async () => {},
  })
const jobOf = (image: LabImage) => ({
  ...{
    kind: 'repair' as const,
    registry: 'ci',
    project: 'ci/a/x',
    repository: 'a/x',
    dryRun: false,
    by: 'x',
  },
  digest: image.root.digest,
})

test.for([
  [
    'gives other bytes of the same length',
    { getBlob: (repository: string, digest: string) => wrongBytes(repository, digest) },
  ],
  [
    'refuses to be asked',
    {
      readsBlob: async () => {
        throw new RegistryError({ registry: 'first', operation: 'x', reason: '', status: 403 })
      },
    },
  ],
  [
    'is away',
    {
      readsBlob: async () => {
        throw new RegistryError({ registry: 'first', operation: 'x', reason: '', codes: ['ECONNREFUSED'] })
      },
    },
  ],
] as [string, Partial<RegistryClient>][])(
  'if the first copy %s, the second one is taken',
  async ([what, first]) => {
    const image = imageOf(what)
    for (const name of ['ci', 'first', 'second']) await pushImage(clientOf(name), 'a/x', 'v1', image)
    const result = await repairWith(lacking(layerOf(image)), first)(jobOf(image))
    expect(result).toMatchObject({ isWhole: true, contents: [{ outcome: 'repaired', from: 'second/a/x' }] })
  },
)

async function wrongBytes(_: string, digest: string): Promise<never> {
  throw new RegistryError({
    ...{ registry: 'first', operation: `GET ${digest}`, isWrongContent: true },
    reason: 'the content does not hash to the digest',
  })
}

test('if no copy is good, the answer says what is wrong with the first one', async () => {
  const image = imageOf('none good')
  for (const name of ['ci', 'first', 'second']) await pushImage(clientOf(name), 'a/x', 'v1', image)
  const repair = repairWith(lacking(layerOf(image)), { getBlob: wrongBytes })
  const result = await repair({ ...jobOf(image), from: { registry: 'first', repository: 'a/x' } })
  expect(result).toMatchObject({
    isWhole: false,
    contents: [{ outcome: 'failed', from: 'first/a/x', reason: expect.stringContaining('does not hash') }],
  })
})

test('an image that is deleted while it is repaired does not come back from the trash', async () => {
  const image = imageOf('deleted meanwhile')
  for (const name of ['ci', 'first', 'second']) await pushImage(clientOf(name), 'a/x', 'v1', image)
  const ci = lacking(layerOf(image))
  const upload = ci.uploadBlob
  ci.uploadBlob = async (...given) => {
    await upload(...given)
    await clientOf('ci').deleteManifest('a/x', image.root.digest)
  }
  const result = await repairWith(ci, {}, [image])(jobOf(image))
  expect(result).toMatchObject({ isWhole: false })
  expect(result.contents.at(-1)).toMatchObject({ digest: image.root.digest, outcome: 'failed' })
  expect(await clientOf('ci').headManifest('a/x', image.root.digest)).toBeUndefined()
})
