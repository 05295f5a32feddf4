import { afterAll, beforeAll, expect, test } from 'vitest'
import { byHand, type Expiring, startExpiring } from '../../lab/expiring.ts'
import { makeImage } from '../../lab/image.ts'
import { eventually } from '../../lab/tallyman.ts'

/** A registry that refuses deletes: of one image, or of all. */
let scene: Expiring
beforeAll(async () => {
  const rules = [{ tag: '*', olderThan: '1ms', expire: true }]
  scene = await startExpiring({
    registries: { ci: {}, closed: { deleteEnabled: false } },
    expiry: { policies: [{ name: 'all', match: { registry: '*' }, ...byHand, rules }] },
  })
})
afterAll(() => scene?.close())

const TAGS = ['t1', 't2', 't3', 't4']
const pushAll = async (registry: string) => {
  for (const tag of TAGS)
    await scene.registry(registry).push('a/x', tag, makeImage({ layers: [{ seed: tag, bytes: 500 }] }))
  await scene.settle()
  await scene.tallyman.reconcile(registry)
}

test('if a registry refuses the second of four deletes, the others go, and each run says what it keeps', async () => {
  const ci = scene.registry('ci')
  await pushAll('ci')
  let refused: string | undefined
  const deletes: string[] = []
  ci.faults.onRequest(({ method, path }) => {
    if (method !== 'DELETE') return undefined
    deletes.push(path)
    if (deletes.length === 2) refused = path
    return path === refused ? 403 : undefined
  })
  const first = await scene.run('all', 'ci')
  expect(first).toMatchObject({ state: 'done', outcomes: { deleted: 3, refused: 1 } })
  const kept = first.deletes.find(({ outcome }) => outcome === 'refused')
  expect(kept?.why).toMatch(/^kept by the registry: 403 /)
  expect(refused).toBe(`/v2/a/x/manifests/${kept?.digest}`)
  expect(await ci.tags('a/x')).toEqual(kept?.tags)

  await scene.settle()
  const second = await scene.run('all', 'ci')
  expect(second).toMatchObject({ state: 'done', outcomes: { deleted: 0, refused: 1 } })
  expect(second.deletes.map(({ tags, why }) => [tags, why])).toEqual([[kept?.tags, kept?.why]])
  ci.faults.reset()
  expect(await scene.run('all', 'ci')).toMatchObject({ state: 'done', outcomes: { deleted: 1 } })
  expect(await ci.tags('a/x')).toEqual([])
})

test('if a registry deletes nothing at all, the run ends, and its record says which setting that is', async () => {
  const closed = scene.registry('closed')
  await pushAll('closed')
  const { status, body } = await scene.post('/v1/expiry/runs', {
    policy: 'all',
    registry: 'closed',
    dryRun: false,
  })
  expect(status).toBe(202)
  const id = (body as { run: string }).run
  const run = await eventually(
    () => scene.tallyman.get<{ state: string; stopped?: string }>(`/v1/expiry/runs/${id}`),
    ({ stopped }) => stopped !== undefined,
  )
  expect(run.stopped).toBe('the registry "closed" does not delete: see its setting storage.delete.enabled')
  expect(await closed.tags('a/x')).toEqual(TAGS)
})
