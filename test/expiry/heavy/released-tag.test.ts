import { afterAll, beforeAll, expect, test } from 'vitest'
import { byHand, type Expiring, startExpiring } from '../../../lab/expiring.ts'
import { type LabImage, makeImage, makeIndex } from '../../../lab/image.ts'
import { skopeoPullAll } from '../../../lab/skopeo.ts'

/**
 * Somebody tags `release` on the image of `pr-1`, and Tallyman does not know it: no notification came, or a wrong one. The rule
 * expires `pr-*`. The image and its release stay, and `pr-1` goes alone once it is certain.
 */
let scene: Expiring
beforeAll(async () => {
  const rules = [{ tag: 'pr-*', olderThan: '1ms', expire: true }]
  scene = await startExpiring({
    registries: { ci: {} },
    expiry: { policies: [{ name: 'prs', match: { registry: 'ci' }, ...byHand, rules }] },
  })
})
afterAll(() => scene?.close())

let repositories = 0
/** A repository with pr-1, which nobody needs, and pr-2, an index that is going to be released. Both are in the index. */
async function pushed(): Promise<{ repository: string; released: LabImage }> {
  const repository = `team/app-${++repositories}`
  const image = (seed: string) => makeImage({ layers: [{ seed, bytes: 500 }] })
  const released = makeIndex([
    { image: image('amd64'), architecture: 'amd64' },
    { image: image('arm64'), architecture: 'arm64' },
  ])
  await scene.registry('ci').push(repository, 'pr-1', image('old'))
  await scene.registry('ci').push(repository, 'pr-2', released)
  await scene.settle()
  await scene.tallyman.reconcile('ci')
  return { repository, released }
}
const tagRelease = (repository: string, image: LabImage) =>
  scene.registry('ci').push(repository, 'release', image)

/** A way in which Tallyman does not hear of the release, and how it ends: then the index has `release`. */
interface Silence {
  begin(repository: string, released: LabImage): Promise<void>
  end(): Promise<void>
}

const reconcile = () => scene.tallyman.reconcile('ci')
const SILENCES: Record<string, Silence> = {
  'is lost on its way': {
    async begin(repository, released) {
      scene.registry('ci').post.become('lose')
      await tagRelease(repository, released)
      await scene.registry('ci').untilDelivered()
      scene.registry('ci').post.become('deliver')
    },
    end: reconcile,
  },
  'waits in the queue of the registry': {
    async begin(repository, released) {
      scene.registry('ci').post.become('refuse')
      await tagRelease(repository, released)
    },
    async end() {
      scene.registry('ci').post.become('deliver')
      await scene.settle()
    },
  },
  'waits in the queue of Tallyman': {
    async begin(repository, released) {
      await scene.events.pause()
      await tagRelease(repository, released)
      await scene.registry('ci').untilDelivered()
    },
    async end() {
      await scene.events.resume()
      await scene.settle()
    },
  },
  'is lost with a restart of the registry': {
    async begin(repository, released) {
      scene.registry('ci').post.become('refuse')
      await tagRelease(repository, released)
      // Until the first event of its new process comes, the restart is not known, and the index counts as exact.
      await scene.registry('ci').restart()
    },
    async end() {
      scene.registry('ci').post.become('deliver')
      await scene.settle()
      await reconcile()
    },
  },
  'is denied by somebody with the token': {
    async begin(repository, released) {
      await tagRelease(repository, released)
      await scene.settle()
      const target = { repository, tag: 'release' }
      const event = { id: 'forged', timestamp: new Date().toISOString(), action: 'delete', target }
      expect(await scene.registry('ci').tell([event])).toBe(202)
      await scene.settle()
    },
    end: reconcile,
  },
}

test.each(Object.keys(SILENCES))('a release whose notification %s stays, with its image', async (name) => {
  const silence = SILENCES[name]
  if (silence === undefined) throw new Error(name)
  const ci = scene.registry('ci')
  const { repository, released } = await pushed()
  await silence.begin(repository, released)
  const indexed = (await scene.plan('prs')).find(
    ({ repository: one, digest }) => one === repository && digest === released.root.digest,
  )
  // This is what a run would go by, if it believed the index alone.
  expect(indexed).toMatchObject({ verdict: 'delete', tags: ['pr-2'] })

  const first = await scene.run('prs', 'ci')
  const of = (tag: string) =>
    first.deletes.find((one) => one.repository === repository && one.tags.includes(tag))
  expect(of('pr-1')?.outcome).toBe('deleted')
  expect(of('pr-2')).toMatchObject({
    outcome: 'moved',
    why: 'the registry has the tag release on it, which no notification told',
  })
  expect(await ci.tags(repository)).toEqual(['pr-2', 'release'])
  const whole = [...released.manifests.keys()].toSorted()
  expect((await skopeoPullAll(`${ci.host}/${repository}:release`)).toSorted()).toEqual(whole)

  await silence.end()
  const second = await scene.run('prs', 'ci')
  const untagged = second.deletes.filter((one) => one.repository === repository)
  expect(untagged).toMatchObject([{ untag: ['pr-2'], outcome: 'untagged' }])
  expect(await ci.tags(repository)).toEqual(['release'])
  expect((await skopeoPullAll(`${ci.host}/${repository}:release`)).toSorted()).toEqual(whole)
})
