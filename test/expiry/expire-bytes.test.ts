import { expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { DAY, DAY_MS } from '../../lab/images.ts'
import type { ExpiryRun } from '../../src/expiry/decision.ts'
import type { UsageIndex } from '../../src/usage/usage-index.ts'
import { NOW, useExpiry } from './expire-bed.ts'

const bed = useExpiry()

const BASE = { seed: 'base', bytes: 50_000 }
const onBase = (seed: string) => makeImage({ layers: [BASE, { seed, bytes: 2_000 }], label: seed })

/** Tells the index what a run has deleted, as the notifications of the registry do. Gives how many bytes the registry holds less. */
async function tell(index: UsageIndex, { deletes }: ExpiryRun): Promise<number> {
  const before = await index.registryBytes('ci')
  for (const { project, repository, digest, outcome } of deletes)
    if (outcome === 'deleted') await index.apply(project, [{ kind: 'delete', repository, digest, at: NOW }])
  return before - (await index.registryBytes('ci'))
}

test("a run's bytes are what the registry holds less, also of what images and projects share", async () => {
  const { run, push, index } = bed.setUp()
  const { repository } = bed
  await push('pr-1', onBase('a'), repository)
  await push('pr-2', onBase('b'), repository)
  await push('pr-1', onBase('a'), `${repository}-2`)
  await push('pr-3', onBase('c'), `${repository}-2`)
  const dry = await run('branches', true)
  const real = await run('branches', false)
  const bytes = await tell(index, real)
  expect(bytes).toBeGreaterThan(50_000 + 3 * 2_000)
  expect(bytes).toBe(bytesOfAll())
  for (const { progress, deletes } of [dry, real]) {
    expect(progress.plannedBytes).toBe(bytes)
    expect(deletes.reduce((sum, one) => sum + (one.bytes ?? 0), 0)).toBe(bytes)
  }
  expect(real.progress.freedBytes).toBe(bytes)

  /** All that was pushed: each content once. */
  function bytesOfAll(): number {
    const sizes = new Map<string, number>()
    for (const { root, manifests, blobs } of [onBase('a'), onBase('b'), onBase('c')]) {
      sizes.set(root.digest, root.size)
      for (const [digest, { bytes }] of manifests) sizes.set(digest, bytes.length)
      for (const [digest, blob] of blobs) sizes.set(digest, blob.length)
    }
    return [...sizes.values()].reduce((sum, size) => sum + size, 0)
  }
})

test('what a kept image shares does not count, neither in a notice nor in what is told when it is done', async () => {
  const clock = { now: NOW }
  const { run, push, index, alerts } = bed.setUp({ notice: DAY_MS, now: () => clock.now })
  const { repository } = bed
  await push('main', onBase('main'), repository)
  await push('pr-1', onBase('a'), repository)
  await push('pr-2', onBase('b'), repository)
  await run('branches', false)
  clock.now = NOW + 2 * DAY
  const bytes = await tell(index, await run('branches', false))
  expect(bytes).toBeLessThan(50_000)
  expect(alerts.map((alert) => 'bytes' in alert && [alert.event, alert.bytes])).toEqual([
    ['expiry.notice', bytes],
    ['expiry.done', bytes],
  ])
})
