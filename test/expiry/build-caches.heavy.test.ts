import { afterAll, beforeAll, expect, test } from 'vitest'
import { byHand, type Expiring, startExpiring } from '../../lab/expiring.ts'
import { type LabImage, makeBuildKitCache, makeBuildKitImageCache, makeImage } from '../../lab/image.ts'
import { missingAt } from '../../lab/missing-at.ts'
import { skopeoPullAll } from '../../lab/skopeo.ts'
import { collectGarbage } from '../reconcile/collect-garbage.ts'

/**
 * The growth of a build cache: BuildKit pushes each new cache under the same tag, so the old ones have none any more. Each
 * cache shares its base with the others.
 */
const FORMS = {
  'an index of layers': makeBuildKitCache,
  'an image with a cache config (BuildKit 0.21 and later)': makeBuildKitImageCache,
}
const POLICIES = {
  untagged: [{ tagged: false, olderThan: '1ms', expire: true }],
  kind: [{ kind: 'buildkit-cache', tagged: false, olderThan: '1ms', expire: true }],
  newest: [
    { kind: 'buildkit-cache', keep: { newest: 1 } },
    { kind: 'buildkit-cache', olderThan: '1ms', expire: true },
  ],
}

let scene: Expiring
beforeAll(async () => {
  const policies = Object.entries(POLICIES).map(([name, rules]) => ({
    ...{ name, match: { registry: 'ci', repository: `${name}/*` }, ...byHand, rules },
  }))
  scene = await startExpiring({ registries: { ci: {} }, expiry: { policies } })
})
afterAll(() => scene?.close())

const cases = Object.entries(FORMS).flatMap(([form, make], n) =>
  Object.keys(POLICIES).map((policy) => ({ form, make, policy, repository: `${policy}/cache-${n}` })),
)

test('of caches that were pushed under one tag, the old ones go and the current one stays whole', async () => {
  const ci = scene.registry('ci')
  const pushed = new Map<string, LabImage[]>()
  for (const { make, repository } of cases) {
    const caches = [1, 2, 3].map((n) =>
      make([
        { seed: 'base', bytes: 3_000 },
        { seed: `${n}`, bytes: 1_000 * n },
      ]),
    )
    const other = makeImage({ layers: [{ seed: 'of another kind', bytes: 500 }] })
    for (const image of [other, ...caches]) await ci.push(repository, 'main', image)
    pushed.set(repository, [other, ...caches])
  }
  await scene.settle()
  await scene.tallyman.reconcile('ci')
  for (const policy of Object.keys(POLICIES)) {
    const run = await scene.run(policy, 'ci')
    expect(run.deletes.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'deleted')).toEqual([])
  }
  await collectGarbage(ci)

  for (const { form, policy, repository } of cases) {
    const images = pushed.get(repository) ?? []
    const here: boolean[] = []
    for (const { root } of images) here.push(await ci.has(repository, root.digest))
    // Only the rule about all that has no tag is about the image of another kind.
    expect(here, `${policy}: ${form}`).toEqual([policy !== 'untagged', false, false, true])
    const current = images.at(-1)
    if (current === undefined) throw new Error('four were pushed')
    expect(await missingAt(ci.client, repository, current), `${policy}: ${form}`).toEqual([])
    // skopeo copies no index of layers.
    if (current.root.mediaType.includes('manifest'))
      expect(await skopeoPullAll(`${ci.host}/${repository}:main`)).toEqual([current.root.digest])
  }
})
