import { describe, expect, test } from 'vitest'
import { image, multiPlatform, NOW, useExpiry } from './expire-bed.ts'

/** Runs that fail half-way, and the runs after them. */
const bed = useExpiry()

const outcomes = (record: { deletes: { outcome: string }[] }) => record.deletes.map(({ outcome }) => outcome)

describe('a DELETE that fails ends the run, and the next run does the rest', () => {
  test.each([
    ['500', 500, { status: 500 }],
    ['401', 401, { status: 401 }],
    ['405, because deleting is off', 405, { status: 405 }],
    ['no answer', 'drop', { status: undefined }],
  ] as const)('%s', async (_, fault, error) => {
    const { run, push, journal, expired } = bed.setUp()
    const { repository, registry, client } = bed
    const [a, b] = [image('a'), image('b')]
    await push('pr-a', a, repository)
    await push('pr-b', b, repository)
    registry.onRequest(({ method }) =>
      method === 'DELETE' && new Set(bed.deletes).size > 1 ? fault : undefined,
    )
    await expect(run('branches', false)).rejects.toMatchObject({ name: 'RegistryError', ...error })
    const [first = '', second = ''] = bed.deletes
    expect(await journal.recent(5)).toEqual([])
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
    expect(await journal.recent(5)).toEqual([record])
    expect(await expired()).toMatchObject([{ value: 2 }])
  })
})

test('a DELETE whose answer is lost is sent again, and the image is absent by then', async () => {
  const { run, push, expired, store } = bed.setUp()
  const { repository, registry } = bed
  const old = image('old')
  await push('pr-1', old, repository)
  registry.onRequest(({ method }) =>
    method === 'DELETE' && bed.deletes.length === 1 ? 'drop answer' : undefined,
  )
  expect(outcomes(await run('branches', false))).toEqual(['absent'])
  expect(bed.deletes).toEqual([old.root.digest, old.root.digest])
  expect(await expired()).toEqual([])
  expect(await store.head(`trash/ci/${repository}/${old.root.digest}.json`)).toBeDefined()
})

describe('nothing is deleted', () => {
  test.each([
    ['HEAD of its tag', 'HEAD', 'pr-1', 500],
    ['HEAD of its tag', 'HEAD', 'pr-1', 401],
    ['GET for the trash', 'GET', 'sha256', 500],
    ['GET for the trash', 'GET', 'sha256', 'drop'],
  ] as const)('if the %s fails: %s %s, %s', async (_, method, reference, fault) => {
    const { run, push, journal } = bed.setUp()
    const { registry } = bed
    await push('pr-1', image('old'), bed.repository)
    registry.onRequest((request) =>
      request.method === method && request.path.includes(`/manifests/${reference}`) ? fault : undefined,
    )
    await expect(run('branches', false)).rejects.toMatchObject({ name: 'RegistryError' })
    expect(bed.deletes).toEqual([])
    expect(await journal.recent(5)).toEqual([])
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

  test('if the configuration says `dryRun` by now', async () => {
    const { run, push } = bed.setUp({ dryRun: () => true })
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
        append: (record) => (isFull ? Promise.reject(new Error('ENOSPC')) : real.append(record)),
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
    expect(await journal.recent(5)).toEqual([record])
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

  test('has an id of its own', async () => {
    const { run, journal } = bed.setUp()
    const [first, second] = [await run('branches', true), await run('branches', true)]
    expect(second.id).not.toBe(first.id)
    expect((await journal.recent(5)).map(({ id }) => id).sort()).toEqual([first.id, second.id].sort())
  })
})
