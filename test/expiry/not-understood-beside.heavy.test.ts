import { afterAll, beforeAll, expect, test } from 'vitest'
import { byHand, type Expiring, startExpiring } from '../../lab/expiring.ts'
import { makeImage, OCI_INDEX } from '../../lab/image.ts'

/** Documents beside images that a registry takes, and that list nothing, or that Tallyman does not understand. */
let scene: Expiring
beforeAll(async () => {
  const rules = [{ tag: '*', olderThan: '1ms', expire: true }]
  scene = await startExpiring({
    // So an event tells no reference, and Tallyman reads each manifest.
    registries: { ci: { notify: { includeReferences: false } } },
    expiry: { policies: [{ name: 'all', match: { registry: 'ci' }, ...byHand, rules }] },
  })
})
afterAll(() => scene?.close())

const image = (seed: string) => makeImage({ layers: [{ seed, bytes: 500 }] })
const put = (repository: string, tag: string, text: string) =>
  scene.registry('ci').client.putManifest(repository, tag, Buffer.from(text), OCI_INDEX)

test('an index document without any list references nothing, and keeps nothing', async () => {
  const ci = scene.registry('ci')
  for (const tag of ['t1', 't2']) await ci.push('a/x', tag, image(tag))
  await put('a/x', 'odd', JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX }))
  await scene.settle()
  await scene.tallyman.reconcile('ci')
  const plan = await scene.plan('all')
  expect(plan.map(({ tags, verdict }) => `${verdict} ${tags}`).toSorted()).toEqual([
    ...['delete odd', 'delete t1', 'delete t2'],
  ])
})

test('an index that was read and is not understood keeps itself and what its text names, and no other image', async () => {
  const ci = scene.registry('ci')
  const [t1, t2, named] = [image('1'), image('2'), image('named')]
  await ci.push('a/y', 't1', t1)
  await ci.push('a/y', 't2', t2)
  await ci.push('a/y', 't3', named)
  // 2.8 takes it: it has each of them. It has more references than Tallyman reads.
  const entry = JSON.stringify({ digest: named.root.digest }).replace('sha256', '\\u0073ha256')
  const manifests = Array.from({ length: 40_001 }, () => entry).join(',')
  await put('a/y', 'odd', `{"schemaVersion":2,"mediaType":"${OCI_INDEX}","manifests":[${manifests}]}`)
  await scene.settle()
  await scene.tallyman.reconcile('ci')

  const plan = (await scene.plan('all')).filter(({ repository }) => repository === 'a/y')
  expect(
    Object.fromEntries(plan.map(({ tags, verdict, reason }) => [tags[0], `${verdict}: ${reason}`])),
  ).toEqual({
    t1: expect.stringContaining('delete: it is '),
    t2: expect.stringContaining('delete: it is '),
    t3: 'keep: it belongs to a/y:odd, which is kept',
    odd: 'keep: its manifest was read and is not understood: it has more than 40000 references',
  })
  const run = await scene.run('all', 'ci')
  expect(
    run.deletes
      .filter(({ repository }) => repository === 'a/y')
      .map(({ tags, outcome }) => [tags[0], outcome])
      .toSorted(),
  ).toEqual([
    ...[
      ['t1', 'deleted'],
      ['t2', 'deleted'],
    ],
  ])
  expect(await ci.tags('a/y')).toEqual(['odd', 't3'])
})
