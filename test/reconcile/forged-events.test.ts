import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { digestOf, type LabImage, OCI_MANIFEST } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { expiring } from '../../lab/rules.ts'
import { useRedis } from '../../lab/use-redis.ts'
import { makeNormalise } from '../../src/events/normalise.ts'
import { planExpiry } from '../../src/expiry/plan.ts'
import { makeApiReader } from '../../src/reconcile/api-reader.ts'
import { NO_DRIFT } from '../../src/reconcile/drift.ts'
import { makeStorageReader } from '../../src/reconcile/storage-reader.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'
import { DOCKER_LIST } from '../../src/registry/manifest.ts'
import { makeFolderView } from '../../src/store/folder-view.ts'
import { MAX_SIZE } from '../../src/usage/fact.ts'
import { image } from './filled-registry.ts'
import { makeReconcileBed } from './reconcile-bed.ts'

const redisBed = useRedis()
let registry: LabRegistry
let client: RegistryClient
beforeAll(async () => {
  registry = await startRegistry()
  client = makeRegistryClient({ name: 'ci', url: registry.url })
})
afterAll(async () => {
  await client?.close()
  await registry?.close()
})

const blob = { digest: digestOf(Buffer.from('nothing')), size: 1, mediaType: 'x/y' }
const normalise = makeNormalise({ isScanner: () => false, actors: true })
const now = () => Date.now() * 1000

/** The push of an image as an event tells it; `told` are its references, and further fields of its target. */
function pushed(repository: string, { root }: LabImage, references: object[], told: object = {}) {
  const target = { ...root, repository, references, ...told }
  const event = { id: 'forged', timestamp: new Date().toISOString(), action: 'push', target }
  const normalised = normalise(event, now(), now())
  return 'fact' in normalised ? normalised.fact : expect.unreachable(JSON.stringify(normalised))
}

function withRoot(body: object, mediaType: string, ...parts: LabImage[]): LabImage {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, ...body }))
  const root = { mediaType, digest: digestOf(bytes), size: bytes.length }
  return {
    root,
    manifests: new Map([
      ...parts.flatMap(({ manifests }) => [...manifests]),
      [root.digest, { bytes, mediaType }],
    ]),
    blobs: new Map(parts.flatMap(({ blobs }) => [...blobs])),
  }
}

let repositories = 0

describe.each(['api', 'storage'])('over the %s', (method) => {
  function setUp() {
    const reader =
      method === 'api'
        ? makeApiReader({ client })
        : makeStorageReader({ store: makeFolderView({ path: registry.storage }), place: registry.storage })
    const repository = `p${repositories++}/app`
    const project = `ci/${repository.split('/')[0]}`
    const bed = makeReconcileBed(redisBed.redis, reader)
    return {
      ...{ ...bed, repository, project },
      push: (tag: string, content: LabImage) => pushImage(client, repository, tag, content),
      imageOf: async ({ root }: LabImage) =>
        (await bed.index.images(project, repository)).find(({ digest }) => digest === root.digest) ??
        expect.unreachable('the index has no such image'),
    }
  }

  test.each(['before', 'after'])(
    'a forged event about a list, told %s a reconcile, does not expose its child to expiry',
    async (time) => {
      const { run, index, repository, project, push } = setUp()
      const child = image(`child ${repository}`)
      const list = withRoot({ manifests: [child.root] }, DOCKER_LIST, child)
      await push('tmp-amd64', child)
      await push('v1', list)
      if (time === 'after') await run()
      await index.apply(project, [
        pushed(repository, list, [blob], { tag: 'v1' }),
        pushed(repository, child, [blob], { tag: 'tmp-amd64' }),
      ])
      await run()
      const policy = {
        name: 'tmp',
        registry: 'ci',
        repository: '**',
        rules: expiring({ tag: 'tmp-*', olderThan: 1 }),
      }
      const plan = planExpiry(
        policy,
        project,
        await index.images(project, repository),
        now() + 86_400_000_000,
      )
      const verdicts = plan.map(({ digest, verdict }) => [digest, verdict])
      expect(Object.fromEntries(verdicts)).toEqual({
        [child.root.digest]: 'keep',
        [list.root.digest]: 'keep',
      })
    },
  )

  test('a forged event that states a huge blob does not count after a reconcile', async () => {
    const { run, index, repository, project, push } = setUp()
    const content = image(`huge ${repository}`)
    await push('v1', content)
    await run()
    const truth = await index.usage(project)
    const huge = { ...blob, size: MAX_SIZE }
    const config = { ...blob, mediaType: 'application/vnd.oci.image.config.v1+json' }
    const event = pushed(repository, content, [config, huge], { tag: 'v1' })
    await index.apply(project, [event])
    expect((await index.usage(project))?.uniqueBytes).toBe(truth?.uniqueBytes)

    await redisBed.redis.flushdb()
    await index.apply(project, [event])
    expect((await index.usage(project))?.uniqueBytes).toBeGreaterThan(2 ** 40)
    await run()
    expect(await index.usage(project)).toEqual({ ...truth, lastPushAt: event.at })
  })

  test.each([1, 100_000])(
    'a forged size of a manifest, %d bytes, is corrected by a reconcile',
    async (size) => {
      const { run, index, repository, project, push, imageOf } = setUp()
      const [content, other] = [image(`size ${repository}`), image(`other ${repository}`)]
      await push('v1', content)
      await push('v2', other)
      await run()
      const truth = await index.usage(project)
      const events = [content, other].map((one) => pushed(repository, one, [blob], { size }))
      await index.apply(project, events)
      expect((await index.usage(project))?.uniqueBytes).not.toBe(truth?.uniqueBytes)
      await run()
      const { lastPushAt } = (await index.usage(project)) ?? {}
      expect(await index.usage(project)).toEqual({ ...truth, lastPushAt })
      // The age changes by a microsecond only.
      expect((await imageOf(other)).age.source).toBe('event')
      expect(Math.abs((await imageOf(other)).age.at - (events[1]?.at ?? 0))).toBeLessThanOrEqual(1)
      expect((await run()).drift).toEqual(NO_DRIFT)
    },
  )

  test('the subject of an artifact with the config of an image is known after a reconcile', async () => {
    const { run, index, repository, project, push, imageOf } = setUp()
    const subject = image(`subject ${repository}`)
    await push('v1', subject)
    const described = JSON.parse(subject.manifests.get(subject.root.digest)?.bytes.toString() ?? '')
    const artifact = withRoot({ ...described, subject: subject.root }, OCI_MANIFEST)
    await push('note', artifact)
    const event = pushed(repository, artifact, [described.config, ...described.layers], { tag: 'note' })
    await index.apply(project, [event])
    await run()
    const { references = [], isResolved } = await imageOf(artifact)
    expect(isResolved).toBe(true)
    expect(references.filter(({ kind }) => kind === 'subject')).toHaveLength(1)
  })
})
