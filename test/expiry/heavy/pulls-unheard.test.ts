import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { byHand, type Expiring, type RunOutcome, startExpiring } from '../../../lab/expiring.ts'
import { eventually } from '../../../lab/tallyman.ts'
import type { Decision } from '../../../src/expiry/decision.ts'
import { OCI_MANIFEST } from '../../../src/registry/manifest.ts'
import { builtAt } from '../../reconcile/dated-image.ts'

/**
 * A rule about use at three real registries whose image v1 is pulled again and again: `deaf` leaves pulls out of its
 * notifications, as people do who want pushes only; `complete` sends all, and its configuration says that nothing hides
 * pulls; `partial` sends pulls, and its images are older than 90 days.
 */
const NAMES = ['deaf', 'complete', 'partial'] as const
/** A registry of 2.8 ignores actions only if it ignores types, too. */
const mediatypes = ['application/octet-stream']
const UNUSED_MS = 6_000
const REPOSITORY = 'team/app'
let scene: Expiring
const plans = new Map<string, Decision[]>()
const runs = new Map<string, RunOutcome>()

beforeAll(async () => {
  const notUsedFor = `${UNUSED_MS}ms`
  scene = await startExpiring({
    registries: {
      deaf: { notify: { ignore: { mediatypes, actions: ['pull'] } } },
      complete: { config: { pulls: 'complete' } },
      // Without events of pushes, a reconcile finds the images and tells when they were built.
      partial: { notify: { ignore: { mediatypes, actions: ['push'] } } },
    },
    expiry: {
      policies: [
        {
          name: 'deaf',
          match: { registry: 'deaf' },
          ...byHand,
          rules: [{ tag: '*', notUsedFor, expire: true }],
        },
        {
          name: 'complete',
          match: { registry: 'complete' },
          ...byHand,
          rules: [{ tag: '*', notUsedFor, expire: true }],
        },
        {
          ...{ name: 'partial', match: { registry: 'partial' }, ...byHand },
          rules: [{ tag: '*', notUsedFor, olderThan: '90d', expire: true }],
        },
      ],
    },
  })
  const built = new Date(Date.now() - 100 * 86_400_000).toISOString()
  for (const name of NAMES)
    for (const tag of ['v1', 'v2']) await scene.registry(name).push(REPOSITORY, tag, builtAt(built, tag))
  // The first events of `partial` are those of the first reconcile. Before them, some may have been lost.
  for (let round = 0; round < 2; round++) {
    await scene.settle()
    for (const name of NAMES) await scene.tallyman.reconcile(name)
  }
  await eventually(heard, (of) => of.complete && of.partial)

  const pulling = new AbortController()
  const pulls = NAMES.map((name) => pullUntil(pulling.signal, scene.registry(name).url))
  await sleep(UNUSED_MS + 500)
  try {
    for (const name of NAMES) {
      plans.set(name, await scene.plan(name))
      runs.set(name, await scene.run(name, name))
    }
  } finally {
    pulling.abort()
    await Promise.all(pulls)
  }
})
afterAll(() => scene?.close())

async function heard(): Promise<Record<(typeof NAMES)[number], boolean>> {
  const { registries } = await scene.tallyman.get<{ registries: { name: string; pulls: string }[] }>(
    '/v1/registries',
  )
  const of = Object.fromEntries(
    registries.map(({ name, pulls }) => [name, pulls.startsWith('pulls are heard since')]),
  )
  return { deaf: of.deaf === true, complete: of.complete === true, partial: of.partial === true }
}

/** Pulls v1, as a container runtime does. */
async function pullUntil(signal: AbortSignal, url: string): Promise<void> {
  while (!signal.aborted) {
    const headers = { accept: OCI_MANIFEST, 'user-agent': 'containerd/2.1.0' }
    const answer = await fetch(`${url}/v2/${REPOSITORY}/manifests/v1`, { headers })
    await answer.arrayBuffer()
    await sleep(300)
  }
}

test('where pulls are not heard, an image that is pulled is kept, and so is every other; the plan says why', async () => {
  const plan = plans.get('deaf') ?? []
  expect(plan.map(({ verdict }) => verdict)).toEqual(['keep', 'keep'])
  for (const { reason } of plan)
    expect(reason).toMatch(/pulls (are not|may not be) heard: none came .*since the reconcile/)
  expect(runs.get('deaf')?.deletes).toEqual([])
  expect(await scene.registry('deaf').tags(REPOSITORY)).toEqual(['v1', 'v2'])
})

test.each(['complete', 'partial'])(
  'where pulls are heard (%s), the unused image goes and the pulled one stays',
  async (name) => {
    expect(runs.get(name)?.deletes).toMatchObject([
      { tags: ['v2'], outcome: 'deleted', reason: expect.stringContaining('it was not used for') },
    ])
    expect(await scene.registry(name).has(REPOSITORY, 'v2')).toBe(false)
    expect(await scene.registry(name).has(REPOSITORY, 'v1')).toBe(true)
    const kept = plans.get(name)?.find(({ tags }) => tags.includes('v1'))
    expect(kept).toMatchObject({ verdict: 'keep', reason: expect.stringMatching(/it was pulled .* ago/) })
  },
)
