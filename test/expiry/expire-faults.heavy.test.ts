import { describe, expect, test } from 'vitest'
import { DAY } from '../../lab/images.ts'
import { expiring } from '../../lab/rules.ts'
import { runIdentity } from '../../src/expiry/run-id.ts'
import { parseManifest } from '../../src/registry/manifest.ts'
import { referencesOf } from '../../src/usage/references-of.ts'
import { image, multiPlatform, NOW, useExpiry } from './expire-bed.ts'

/** Runs that fail half-way, and the runs after them. */
const bed = useExpiry()

const outcomes = (record: { deletes: { outcome: string }[] }) => record.deletes.map(({ outcome }) => outcome)

describe('after a DELETE that fails', () => {
  test.each([
    ['401', 401, { status: 401 }],
    ['no answer', 'drop', { status: undefined }],
  ] as const)(
    'with %s the run ends, its record says why, and the next run does the rest',
    async (_, fault, error) => {
      const { run, push, journal, expired } = bed.setUp()
      const { repository, registry, client } = bed
      await push('pr-a', image('a'), repository)
      await push('pr-b', image('b'), repository)
      registry.onRequest(({ method }) =>
        method === 'DELETE' && new Set(bed.deletes).size > 1 ? fault : undefined,
      )
      await expect(run('branches', false)).rejects.toMatchObject({ name: 'RegistryError', ...error })
      const [first = '', second = ''] = bed.deletes
      const [ended] = await journal.recent(5)
      expect(ended).toMatchObject({
        deletes: [{ digest: first, outcome: 'deleted' }],
        stopped: expect.stringContaining('DELETE manifest'),
      })
      expect(await expired()).toMatchObject([{ value: 1 }])

      registry.reset()
      expect(await client.headManifest(repository, first)).toBeUndefined()
      expect(await client.headManifest(repository, second)).toBeDefined()
      const record = await run('branches', false)
      // No notification told the index of the first delete.
      expect(record.deletes).toMatchObject([
        { digest: first, outcome: 'absent' },
        { digest: second, outcome: 'deleted' },
      ])
      expect(await expired()).toMatchObject([{ value: 2 }])
    },
  )

  test('with 405 for whatever is asked the run ends, and says that the registry does not delete', async () => {
    const { run, push, journal, store } = bed.setUp()
    const { repository, registry, client } = bed
    for (const name of ['a', 'b', 'c']) await push(`pr-${name}`, image(name), repository)
    registry.onRequest(({ method }) => (method === 'DELETE' ? 405 : undefined))
    const record = await run('branches', false)
    expect(record).toMatchObject({
      deletes: [],
      stopped: 'the registry "ci" does not delete: see its setting storage.delete.enabled',
    })
    expect(await journal.recent(5)).toEqual([record])
    expect(await Array.fromAsync(client.tags(repository))).toHaveLength(3)
    // The trash tells of nothing that is there still.
    expect(await Array.fromAsync(store.list('trash/'))).toEqual([])
    registry.reset()
    expect(outcomes(await run('branches', false))).toEqual(['deleted', 'deleted', 'deleted'])
  })

  test.each([
    ...[400, 403, 405, 409, 412, 423].map((status) => [`${status}`, status, 'refused', `${status}`] as const),
    ['500', 500, 'failed', '500'],
  ] as const)('with %s the run goes on with the other images', async (_, status, outcome, why) => {
    const { run, push, journal, store } = bed.setUp()
    const { repository, registry } = bed
    for (const name of ['a', 'b', 'c', 'd']) await push(`pr-${name}`, image(name), repository)
    registry.onRequest(({ method, path }) =>
      method === 'DELETE' && path.endsWith([...new Set(bed.deletes)][1] ?? '-') ? status : undefined,
    )
    const record = await run('branches', false)
    expect(outcomes(record)).toEqual(['deleted', outcome, 'deleted', 'deleted'])
    expect(record.deletes[1]?.why).toContain(why)
    if (outcome === 'refused') expect(record.deletes[1]?.why).toMatch(/^kept by the registry: /)
    expect(await journal.recent(5)).toEqual([record])
    // An image for which a 500 was answered may be deleted later.
    expect(await Array.fromAsync(store.list('trash/'))).toHaveLength(outcome === 'refused' ? 3 : 4)
  })

  test('of a protected tag the image is kept by GitLab', async () => {
    const { run, push } = bed.setUp()
    for (const name of ['a', 'b']) await push(`pr-${name}`, image(name), bed.repository)
    bed.registry.onRequest(({ method, path }) =>
      path === '/gitlab/v1/' ? 200 : method === 'DELETE' && new Set(bed.deletes).size === 1 ? 403 : undefined,
    )
    const record = await run('branches', false)
    expect(outcomes(record)).toEqual(['refused', 'deleted'])
    expect(record.deletes[0]?.why).toBe('kept by GitLab: 403 UNKNOWN (as the test says)')
  })

  test('five times in a row the run ends', async () => {
    const { run, push, journal } = bed.setUp()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await push(`pr-${name}`, image(name), bed.repository)
    bed.registry.onRequest(({ method }) => (method === 'DELETE' ? 500 : undefined))
    await expect(run('branches', false)).rejects.toThrow(
      '5 images failed one after the other; the last: ci: DELETE',
    )
    const [record] = await journal.recent(5)
    expect(record?.deletes.map(({ outcome }) => outcome)).toEqual(Array(5).fill('failed'))
  })

  test('five times in a row in one repository, the others are still cleaned; in the third repository the run ends', async () => {
    const { run, push } = bed.setUp()
    const { repository, registry } = bed
    const repositories = ['1', '2', '3', '4'].map((name) => `${repository}/${name}`)
    for (const one of repositories)
      for (const name of ['a', 'b', 'c', 'd', 'e']) await push(`pr-${name}`, image(name), one)
    const failIn = (broken: readonly string[]) =>
      registry.onRequest(({ method, path }) =>
        method === 'DELETE' && broken.some((one) => path.includes(`/${one}/`)) ? 500 : undefined,
      )
    const asked = () =>
      new Set(registry.requests.flatMap((line) => /DELETE .*app\d+\/(\d)/.exec(line)?.[1] ?? []))
    failIn(repositories.slice(0, 3))
    await expect(run('branches', false)).rejects.toThrow('5 images failed')
    expect([...asked()]).toEqual(['1', '2', '3'])
    registry.reset()
    failIn(repositories.slice(0, 1))
    await expect(run('branches', false)).rejects.toThrow('5 images failed')
    expect([...asked()]).toEqual(['1', '2', '3', '4'])
  })

  test('or a list of tags, the images after it are deleted', async () => {
    const { run, push } = bed.setUp()
    for (const name of ['a', 'b']) await push(`pr-${name}`, image(name), bed.repository)
    let lists = 0
    bed.registry.onRequest(({ path }) => (path.includes('/tags/list') && ++lists === 1 ? 500 : undefined))
    expect(outcomes(await run('branches', false))).toEqual(['failed', 'deleted'])
  })
})

test('an image whose DELETE was carried out and lost its answer is deleted, and is not asked for again', async () => {
  const { run, push, expired, store } = bed.setUp()
  const { repository, registry } = bed
  const old = image('old')
  await push('pr-1', old, repository)
  registry.onRequest(({ method }) =>
    method === 'DELETE' && bed.deletes.length === 1 ? 'drop answer' : undefined,
  )
  expect(outcomes(await run('branches', false))).toEqual(['deleted'])
  expect(bed.deletes).toEqual([old.root.digest])
  expect(await expired()).toMatchObject([{ value: 1 }])
  expect(await store.head(`trash/ci/${repository}/${old.root.digest}.json`)).toBeDefined()
})

describe('nothing is deleted', () => {
  test.each([
    ['HEAD of its tag', 'HEAD', 'pr-1', 500],
    ['GET for the trash', 'GET', 'sha256', 500],
    ['HEAD of its tag', 'HEAD', 'pr-1', 401],
    ['GET for the trash', 'GET', 'sha256', 'drop'],
    ['list of the tags', 'GET', 'tags/list', 500],
    ['list of the tags', 'GET', 'tags/list', 'drop'],
  ] as const)('if the %s fails: %s %s, %s', async (_, method, reference, fault) => {
    const { run, push, journal } = bed.setUp()
    const { registry } = bed
    await push('pr-1', image('old'), bed.repository)
    registry.onRequest((request) =>
      request.method === method && request.path.includes(`/${reference}`) ? fault : undefined,
    )
    const ended = run('branches', false)
    if (fault === 500) expect(outcomes(await ended)).toEqual([reference === 'tags/list' ? 'failed' : 'moved'])
    else await expect(ended).rejects.toMatchObject({ name: 'RegistryError' })
    expect(bed.deletes).toEqual([])
    const [record] = await journal.recent(5)
    expect(record?.stopped === undefined).toBe(fault === 500)
  })

  test('if the trash cannot be written', async () => {
    const full = () => Promise.reject(new Error('ENOSPC'))
    const { run, push } = bed.setUp({ store: (real) => ({ ...real, put: full }) })
    await push('pr-1', image('old'), bed.repository)
    await expect(run('branches', false)).rejects.toThrow('ENOSPC')
    expect(bed.deletes).toEqual([])
  })

  test('if the store says that it has the trash, and has it not', async () => {
    const { run, push } = bed.setUp({ store: (real) => ({ ...real, put: async () => {} }) })
    await push('pr-1', image('old'), bed.repository)
    await expect(run('branches', false)).rejects.toThrow(/^nothing is deleted: the store does not have trash/)
    expect(bed.deletes).toEqual([])
  })

  test('if the policy has the mode `plan` by now', async () => {
    const { run, push } = bed.setUp({ mode: () => 'plan' })
    await push('pr-1', image('old'), bed.repository)
    expect(await run('branches', false)).toMatchObject({ dryRun: true, deletes: [{ outcome: 'planned' }] })
    expect(bed.deletes).toEqual([])
  })

  test.each([
    ['20 days ahead', -20 * 86_400_000_000, 'our clock is 28800 minutes ahead of that of the registry "ci"'],
    ['6 minutes behind', 360_000_000, 'our clock is 6 minutes behind that of the registry "ci"'],
  ])('if our clock is %s', async (_, registryAheadUs, message) => {
    const { run, push } = bed.setUp({ registryNow: () => NOW + registryAheadUs })
    await push('pr-1', image('old'), bed.repository)
    await expect(run('branches', false)).rejects.toThrow(`nothing is deleted: ${message}`)
    expect(bed.deletes).toEqual([])
    // A plan is still made.
    expect(await run('branches', true)).toMatchObject({ deletes: [{ outcome: 'planned' }] })
  })

  test('if the index cannot be trusted: its record says why, and a plan is still made', async () => {
    const doubtOf = async () => 'events may be missing since today'
    const { run, push, journal } = bed.setUp({ doubtOf })
    await push('pr-1', image('old'), bed.repository)
    const message = 'nothing is deleted at the registry "ci": events may be missing since today'
    await expect(run('branches', false)).rejects.toThrow(message)
    expect(bed.deletes).toEqual([])
    expect(await journal.recent(1)).toMatchObject([{ stopped: message, deletes: [] }])
    expect(await run('branches', true)).toMatchObject({ deletes: [{ outcome: 'planned' }] })
  })

  test('before the trash is written', async () => {
    const deletesBefore: number[] = []
    const { run, push } = bed.setUp({
      store: (real) => ({
        ...real,
        put(key, body) {
          deletesBefore.push(bed.deletes.length)
          return real.put(key, body)
        },
      }),
    })
    await push('pr-1', image('a'), bed.repository)
    await push('pr-2', image('b'), bed.repository)
    await run('branches', false)
    expect(deletesBefore).toEqual([0, 1])
  })
})

describe('a run that is repeated', () => {
  test('after its record could not be stored finds everything absent, and does not change the trash', async () => {
    let isFull = true
    const { run, push, store, journal } = bed.setUp({
      runs: (real) => ({
        ...real,
        append: async (record, stored) => {
          if (isFull && record.deletes.length > 0) throw new Error('ENOSPC')
          await real.append(record, stored)
        },
      }),
    })
    const { repository } = bed
    const old = multiPlatform('old')
    await push('pr-1', old, repository)
    await expect(run('branches', false)).rejects.toThrow('ENOSPC')
    isFull = false
    const key = `trash/ci/${repository}/${old.root.digest}.json`
    const before = await store.get(key)
    expect(before).toBeDefined()

    const record = await run('branches', false)
    expect(outcomes(record)).toEqual(['absent', 'absent', 'absent'])
    expect(await store.get(key)).toEqual(before)
    expect(await journal.recent(5)).toContainEqual(record)
  })

  test('after the index got the notifications of the deletes finds nothing to do', async () => {
    const { run, push, index } = bed.setUp()
    const { repository, project } = bed
    const old = multiPlatform('old')
    await push('pr-1', old, repository)
    await run('branches', false)
    const deletions = [...old.manifests.keys()].map((digest) => ({
      ...{ kind: 'delete' as const, repository, at: NOW, digest },
    }))
    await index.apply(project, deletions)
    bed.registry.reset()
    expect(await run('branches', false)).toMatchObject({ kept: 0, deletes: [] })
    expect(bed.registry.requests).toEqual([])
  })

  test('as another attempt of its job goes on with its record', async () => {
    const { run, push, journal } = bed.setUp()
    const { repository, registry } = bed
    await push('pr-1', image('a'), repository)
    await push('pr-2', image('b'), repository)
    registry.onRequest(({ method }) => (method === 'DELETE' && bed.deletes.length > 1 ? 'drop' : undefined))
    const identity = runIdentity(Date.parse('2026-11-23T10:00:00Z'), 'job-7')
    await expect(run('branches', false, identity)).rejects.toThrow()
    registry.reset()
    const record = await run('branches', false, identity)
    // The first image is in the record already, though the index has it still.
    expect(outcomes(record)).toEqual(['deleted', 'deleted'])
    expect(await journal.recent(5)).toEqual([record])
    expect(record).toMatchObject(identity)
    expect(record).not.toHaveProperty('stopped')
  })

  test.each(['its record was lost', 'the answer to its DELETE was lost'])(
    'as another attempt of its job records what was deleted though %s',
    async (what) => {
      let isStoreAway = what === 'its record was lost'
      const { run, push, index } = bed.setUp({
        runs: (real) => ({
          ...real,
          append: async (record, stored) => {
            if (isStoreAway && record.deletes.length > 0) throw new Error('away')
            await real.append(record, stored)
          },
        }),
      })
      const { repository, project, registry } = bed
      const old = image('a')
      await push('pr-1', old, repository)
      if (!isStoreAway) registry.onRequest(({ method }) => (method === 'DELETE' ? 'drop answer' : undefined))
      // The store stamps what it keeps with the time of today.
      const identity = runIdentity(Date.now(), 'job-7')
      await run('branches', false, identity).catch(() => undefined)
      registry.reset()
      isStoreAway = false
      await index.apply(project, [{ kind: 'delete', repository, at: NOW, digest: old.root.digest }])
      for (const _ of ['the second attempt', 'the third'])
        expect((await run('branches', false, identity)).deletes).toMatchObject([
          { digest: old.root.digest, tags: ['pr-1'], outcome: 'deleted' },
        ])
      expect((await run('branches', false, runIdentity(Date.now(), 'job-8'))).deletes).toEqual([])
    },
  )

  test('after a stop goes on with its record: a stop ends a run before its next delete', async () => {
    const { run, stop, push } = bed.setUp()
    const { repository, registry } = bed
    await push('pr-1', image('a'), repository)
    await push('pr-2', image('b'), repository)
    registry.onRequest(({ method }) => {
      if (method === 'DELETE') stop()
      return undefined
    })
    const identity = runIdentity(Date.now(), 'job-8')
    await expect(run('branches', false, identity)).rejects.toThrow('Tallyman stops')
    expect(bed.deletes).toHaveLength(1)
    const record = await bed.setUp().run('branches', false, identity)
    expect(outcomes(record)).toEqual(['deleted', 'deleted'])
  })

  test('has an id of its own', async () => {
    const { run, journal } = bed.setUp()
    const [first, second] = [await run('branches', true), await run('branches', true)]
    expect(second.id).not.toBe(first.id)
    expect((await journal.recent(5)).map(({ id }) => id).sort()).toEqual([first.id, second.id].sort())
  })
})

describe('children that a run has left behind when their index was deleted', () => {
  /** An index is deleted, its children are not, and the index of Tallyman forgets it. */
  async function leaveChildren() {
    const setUp = bed.setUp()
    const { repository, project, registry } = bed
    const old = multiPlatform('left')
    await setUp.push('pr-1', old, repository)
    registry.onRequest(({ method, path }) =>
      method === 'DELETE' && !path.endsWith(old.root.digest) ? 500 : undefined,
    )
    expect(outcomes(await setUp.run('branches', false))).toEqual(['deleted', 'failed', 'failed'])
    const at = NOW - 1_000_000
    await setUp.index.apply(project, [{ kind: 'delete', repository, at, digest: old.root.digest }])
    registry.reset()
    return { ...setUp, old, repository, project }
  }
  const families = (store: { list(prefix: string): AsyncIterable<unknown> }) =>
    Array.fromAsync(store.list('expiry-families/'))

  test('go with the next run, and nothing remembers them then', async () => {
    const { run, old, store } = await leaveChildren()
    expect(await families(store)).toHaveLength(1)
    const record = await run('branches', false)
    expect(outcomes(record)).toEqual(['deleted', 'deleted'])
    expect(record.deletes.map(({ digest }) => digest).sort()).toEqual(
      [...old.manifests.keys()].filter((digest) => digest !== old.root.digest).sort(),
    )
    expect(await families(store)).toEqual([])
    // Without a tag, and with nothing that remembers them, they are kept: no notification told that they are gone.
    expect(await run('branches', false)).toMatchObject({ kept: 2, deletes: [] })
  })

  test('go with a run of another policy once theirs was renamed, also if its rules would keep their index', async () => {
    const { run, repository } = await leaveChildren()
    expect(await run('other', false)).toMatchObject({ kept: 2, deletes: [] })
    const rules = expiring({ tag: 'pr-*', olderThan: 90 * (DAY / 1000) })
    const renamed = bed.setUp({ changed: () => ({ name: 'renamed', rules }) })
    const record = await renamed.run('renamed', false)
    expect(outcomes(record)).toEqual(['deleted', 'deleted'])
    expect(record.deletes[0]).toMatchObject({ repository, reason: expect.stringMatching(/^it belongs to /) })
    expect(await families(renamed.store)).toEqual([])
  })

  test('stay if the index was pushed again, whether the notification has come or not', async () => {
    const { run, old, index, repository, project } = await leaveChildren()
    const { mediaType, bytes } = old.manifests.get(old.root.digest) ?? {
      mediaType: '',
      bytes: Buffer.alloc(0),
    }
    await bed.client.putManifest(repository, 'release', bytes, mediaType)
    const untold = await run('branches', false)
    expect(outcomes(untold)).toEqual(['moved', 'moved'])
    expect(untold.deletes[0]?.why).toBe(
      'it belongs to the tag release of the registry, which no notification told',
    )
    const references = referencesOf(parseManifest(bytes, mediaType))
    const pushed = { repository, at: NOW, digest: old.root.digest, size: bytes.length, mediaType }
    await index.apply(project, [{ kind: 'push', ...pushed, tag: 'release', references, extent: 'all' }])
    expect(await run('branches', false)).toMatchObject({ kept: 3, deletes: [] })
  })
})
