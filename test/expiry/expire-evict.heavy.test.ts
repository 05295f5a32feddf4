import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type LabImage, makeImage, makeIndex } from '../../lab/image.ts'
import { DAY, DAY_MS } from '../../lab/images.ts'
import type { Deleted, ExpiryRun } from '../../src/expiry/decision.ts'
import type { UsageIndex } from '../../src/usage/usage-index.ts'
import { NOW, pullOf, useExpiry } from './expire-bed.ts'

/** Policies that evict at a real registry. */
const bed = useExpiry()

const KEEP_V = [{ tag: { glob: 'v*' }, keep: true as const }]
const EVICT = { to: 0.55, order: 'least-recently-used' as const }

const onBase = (seed: string, base = 'base'): LabImage =>
  makeImage({
    layers: [
      { seed: base, bytes: 20_000 },
      { seed, bytes: 5_000 },
    ],
    label: seed,
  })

const held = async (index: UsageIndex, project: string) => (await index.usage(project))?.uniqueBytes ?? 0

/** Tells the index what a run has deleted, as the notifications of the registry do. */
async function tell(index: UsageIndex, { deletes }: ExpiryRun): Promise<Deleted[]> {
  const gone = deletes.filter(({ outcome }) => outcome === 'deleted')
  for (const { project, repository, digest } of gone)
    await index.apply(project, [{ kind: 'delete', repository, digest, at: NOW }])
  return gone
}

test('just enough goes, tier by tier; what a rule keeps stays, and so does what it shares', async () => {
  let limit = 0
  const { run, push, index } = bed.setUp({
    rules: KEEP_V,
    evict: {
      ...EVICT,
      tiers: [{ tag: { glob: 'cache-*' } }, { tag: { glob: 'pr-*' } }, { tag: { glob: 'main-*' } }],
    },
    quota: () => limit,
  })
  const { repository, project, client } = bed
  const kept = { v1: onBase('v1'), v2: onBase('v2'), latest: onBase('latest', 'own') }
  for (const [tag, one] of Object.entries(kept)) await push(tag, one, repository)
  const platforms = ['amd64', 'arm64'].map((architecture) => ({
    image: onBase(`cache ${architecture}`, 'cache base'),
    architecture,
  }))
  await push('cache-1', makeIndex(platforms), repository)
  await push('cache-2', onBase('cache 2', 'cache base'), repository)
  // They share their base with what is kept. The last one was pulled.
  const used = onBase('pr 6')
  for (let n = 0; n < 6; n++) await push(`pr-${n}`, onBase(`pr ${n}`), repository)
  await push('pr-6', used, repository)
  await index.apply(project, [pullOf(used, repository)])
  for (let n = 0; n < 3; n++)
    await push(`main-${n}`, onBase(`main ${n}`, `base ${n}`), `${repository}/web`, project)

  const before = await held(index, project)
  limit = before
  expect((await run('branches', false)).deletes).toEqual([])

  limit = before - 1
  const target = limit * EVICT.to
  const gone = await tell(index, await run('branches', false))
  const after = await held(index, project)
  expect(after).toBeLessThanOrEqual(target)
  // The last one was needed.
  const last = gone.at(-1)
  expect(after + (last?.bytes ?? 0)).toBeGreaterThan(target)
  expect(before - after).toBe(gone.reduce((sum, { bytes = 0 }) => sum + bytes, 0))

  const tags = gone.flatMap((one) => one.tags)
  expect(tags.filter((tag) => tag.startsWith('main-'))).toHaveLength(1)
  for (const tag of ['cache-1', 'cache-2', ...Array.from({ length: 7 }, (_, n) => `pr-${n}`)])
    expect(tags).toContain(tag)
  for (const one of gone) {
    expect(one.rule).toBe('evict')
    expect(one.reason).toMatch(/the project is over its quota|it belongs to/)
    expect(await client.headManifest(one.repository, one.digest)).toBeUndefined()
  }
  for (const [tag, { root, blobs }] of Object.entries(kept)) {
    expect((await client.headManifest(repository, tag))?.digest).toBe(root.digest)
    for (const digest of blobs.keys()) expect(await client.headBlob(repository, digest)).toBeDefined()
  }
  expect((await run('branches', false)).deletes).toEqual([])
})

test('a pull, and a keep, since the run began spare an image', async () => {
  const kept = new Set<string>()
  const { run, push, index } = bed.setUp({
    ...{ rules: KEEP_V, evict: EVICT, quota: () => 1 },
    findProtections: async () => (image) => (kept.has(image.digest) ? 'somebody keeps it' : undefined),
  })
  const { repository, project } = bed
  const images = ['a', 'b', 'c', 'd'].map((seed) => onBase(seed, seed))
  for (const [n, one] of images.entries()) await push(`pr-${n}`, one, repository)
  const [first, pulled, held, last] = images.toSorted((a, b) => (a.root.digest < b.root.digest ? -1 : 1))
  let isDone = false
  bed.registry.onRequest(async ({ method }) => {
    if (method === 'DELETE' && !isDone) {
      isDone = true
      await index.apply(project, [pullOf(pulled as LabImage, repository)])
      kept.add(held?.root.digest ?? '')
      // What protects is read once a second.
      await sleep(1_100)
    }
    return undefined
  })
  const { deletes } = await run('branches', false)
  const outcomes = Object.fromEntries(deletes.map(({ digest, outcome }) => [digest, outcome]))
  expect(outcomes).toEqual({
    [first?.root.digest ?? '']: 'deleted',
    [pulled?.root.digest ?? '']: 'moved',
    [held?.root.digest ?? '']: 'moved',
    [last?.root.digest ?? '']: 'deleted',
  })
})

test('what the rules expire counts first, and without a quota nothing is evicted; the plan says what is not enough', async () => {
  let limit: number | undefined = 1
  let evictsLater = true
  const rules = [...KEEP_V, { tag: { glob: 'pr-*' }, expire: true as const }]
  const { run, push, index, planner, policy } = bed.setUp({
    ...{ rules, evict: EVICT, quota: () => limit, evictsLater: () => evictsLater },
  })
  const { repository, project } = bed
  await push('v1', onBase('v1', 'v1'), repository)
  await push('main', onBase('main', 'main'), repository)
  await push('pr-1', onBase('pr 1', 'pr 1'), repository)
  const going = async () => {
    const warnings = new Set<string>()
    const warn = (warning: string) => void warnings.add(warning)
    const decisions = (await Array.fromAsync(planner.planProject(policy(), project, { warn }))).flat()
    const tags = decisions.filter(({ verdict }) => verdict === 'delete').flatMap((one) => one.tags)
    return { tags: tags.toSorted(), warnings: [...warnings] }
  }
  expect(await going()).toEqual({
    tags: ['pr-1'],
    warnings: [`${project}: nothing is evicted until it is over its quota for the time of escalate.after`],
  })
  evictsLater = false
  expect(await going()).toEqual({
    tags: ['main', 'pr-1'],
    warnings: [expect.stringMatching(`^${project}: all that may be evicted frees .*, and .* are to go$`)],
  })
  expect((await run('branches', true)).warnings).toEqual([expect.stringContaining('are to go')])
  limit = undefined
  expect(await going()).toEqual({
    tags: ['pr-1'],
    warnings: [`${project} has no quota of bytes: nothing is evicted there`],
  })
  // Without pr-1, the project is at its limit.
  limit = Math.ceil((await held(index, project)) * 0.9)
  expect(await going()).toEqual({ tags: ['pr-1'], warnings: [] })
  await tell(index, await run('branches', false))
  expect(await going()).toEqual({ tags: [], warnings: [] })
})

test('an eviction of too large a share deletes nothing, unless that is accepted', async () => {
  const { run, push, alerts } = bed.setUp({ rules: KEEP_V, evict: EVICT, quota: () => 1, maxShare: 0.5 })
  const { repository } = bed
  for (let n = 0; n < 12; n++) await push(`pr-${n}`, onBase(`${n}`, `${n}`), repository)
  const record = await run('branches', false)
  expect(record.deletes).toEqual([])
  expect(record.held).toMatchObject([{ deletes: 12, images: 12 }])
  expect(alerts.map(({ event }) => event)).toEqual(['expiry.held'])
  const accepted = await run('branches', false, undefined, { acceptShare: true })
  expect(accepted.deletes.filter(({ outcome }) => outcome === 'deleted')).toHaveLength(12)
})

test('what is to be evicted is announced, and goes after its notice', async () => {
  const clock = { now: NOW }
  const { run, push, alerts, index } = bed.setUp({
    ...{ rules: KEEP_V, evict: EVICT, quota: () => 1, notice: 3 * DAY_MS, now: () => clock.now },
  })
  const { repository } = bed
  await push('v1', onBase('v1'), repository)
  await push('pr-1', onBase('pr 1'), repository)
  expect(await tell(index, await run('branches', false))).toEqual([])
  clock.now = NOW + 4 * DAY
  expect(await tell(index, await run('branches', false))).toMatchObject([{ tags: ['pr-1'], rule: 'evict' }])
  expect(alerts.map(({ event }) => event)).toEqual(['expiry.notice', 'expiry.done'])
})

test('a quota that is changed while a run evicts stops it before its next delete', async () => {
  let limit = 1
  const { run, push } = bed.setUp({ rules: KEEP_V, evict: EVICT, quota: () => limit })
  const { repository, project } = bed
  for (const seed of ['a', 'b', 'c']) await push(`pr-${seed}`, onBase(seed, seed), repository)
  bed.registry.onRequest(({ method }) => {
    if (method === 'DELETE') limit = 1_000_000_000
    return undefined
  })
  const record = await run('branches', false)
  expect(record).toMatchObject({ state: 'stopped', stopped: `the quota of ${project} was changed` })
  expect(record.deletes.map(({ outcome }) => outcome)).toEqual(['deleted'])
  expect(bed.deletes).toHaveLength(1)
})

test.each([
  ['a source tells what runs', { isComplete: true, isListed: true }, true],
  ['its registry says that it sends all pulls', { isComplete: true, isListed: false }, false],
])('if no pull is heard, a young image is evicted as unused only if %s', async (_, known, goes) => {
  const use = { ...known, since: 0, unheard: 'its registry sends no pulls' }
  const { run, push } = bed.setUp({ rules: KEEP_V, evict: EVICT, quota: () => 1, use })
  await push('pr-1', onBase('pr 1'), bed.repository)
  expect((await run('branches', true)).deletes.map(({ tags }) => tags)).toEqual(goes ? [['pr-1']] : [])
})
