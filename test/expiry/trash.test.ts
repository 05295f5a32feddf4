import { mkdtemp, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DAY } from '../../lab/images.ts'
import { makeTrash } from '../../src/expiry/trash.ts'
import { makeTrashReader } from '../../src/expiry/trash-reader.ts'
import { hashOf } from '../../src/registry/digest.ts'
import { OCI_MANIFEST } from '../../src/registry/manifest.ts'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { image, PUSHED_AT, taggedAs, useExpiry } from './expire-bed.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tallyman-trash-'))
})
afterEach(() => rm(folder, { recursive: true }))

function setUp() {
  const store = makeFolderStore({ path: folder })
  let now = Date.now() * 1000
  const trash = makeTrash({ store, now: () => now })
  const unreadable: string[] = []
  const reader = makeTrashReader({ store, onUnreadable: (key) => unreadable.push(key) })
  return {
    ...{ store, trash, reader, unreadable },
    now: () => now,
    pass: (us: number) => {
      now += us
    },
    /** Puts a manifest that `text` names. */
    async put(registry: string, repository: string, text: string, tags: string[] = [], tag?: string) {
      const bytes = Buffer.from(text)
      const digest = hashOf(bytes)
      const policy = { name: 'old', registry, repository: '**', rules: [] }
      await trash.put(
        'run',
        policy,
        {
          project: `${registry}/x`,
          repository,
          digest,
          tags,
          verdict: 'delete',
          rule: null,
          reason: 'old',
          ...(tag && { tag }),
        },
        { bytes, descriptor: { digest, size: bytes.length, mediaType: OCI_MANIFEST } },
      )
      return { registry, repository, digest, ...(tag && { tag }) }
    },
  }
}

test('an entry is read as it was put', async () => {
  const { reader, put } = setUp()
  const place = await put('ci', 'team/app', 'an image', ['v1', 'v2'])
  expect(await reader.get(place)).toMatchObject({ ...place, tags: ['v1', 'v2'], policy: 'old' })
  expect(await reader.get({ ...place, digest: hashOf(Buffer.from('none')) })).toBeUndefined()
})

test('a tag that was deleted alone has an entry beside that of its image', async () => {
  const { reader, put, pass, trash } = setUp()
  const alone = await put('ci', 'team/app', 'an image', ['pr.json'], 'pr.json')
  pass(1_000_000)
  const whole = await put('ci', 'team/app', 'an image', ['v1'])
  const below = await put('ci', 'team/app/sub', 'an image', ['pr-2'], 'pr-2')
  expect(await reader.get(alone)).toMatchObject({ tags: ['pr.json'], tag: 'pr.json' })
  expect(await reader.get(whole)).toMatchObject({ tags: ['v1'] })
  expect(await reader.get(whole)).not.toHaveProperty('tag')
  expect(await reader.withTag('ci', 'team/app', 'pr.json')).toMatchObject(alone)
  const listed = await reader.list({ registry: 'ci', repository: 'team/app' }, { after: undefined, limit: 9 })
  expect(listed.map(reader.positionOf)).toEqual([whole, alone].map(reader.positionOf))
  expect(await reader.get(below)).toMatchObject({ tag: 'pr-2' })
  expect(await trash.forget(Date.now() + 60_000)).toBe(3)
})

test('the tags of an image can still be found once it was deleted again without them', async () => {
  const { reader, put, pass } = setUp()
  const { digest } = await put('ci', 'team/app', 'image', ['pr-1', 'pr-2'])
  const first = await reader.get({ registry: 'ci', repository: 'team/app', digest })
  pass(DAY)
  await put('ci', 'team/app', 'image', ['pr-2'])
  expect(await reader.withTag('ci', 'team/app', 'pr-1')).toEqual({ ...first, tags: ['pr-1'], tag: 'pr-1' })
  pass(DAY)
  await put('ci', 'team/app', 'image', [])
  expect(await reader.withTag('ci', 'team/app', 'pr-1')).toEqual({ ...first, tags: ['pr-1'], tag: 'pr-1' })
  expect(await reader.withTag('ci', 'team/app', 'pr-2')).toMatchObject({ digest, tag: 'pr-2' })
  expect(await reader.get({ registry: 'ci', repository: 'team/app', digest })).toMatchObject({ tags: [] })
})

test('pages hold each entry once, in the order of registries and repositories', async () => {
  const { reader, put } = setUp()
  const places = ['ci/team', 'ci/team/app', 'ci/team-b', 'hub/a', 'ci/team/app/sub', 'dev/x'].flatMap(
    (name) =>
      Array.from({ length: 4 }, (_, n) => {
        const [registry = '', ...path] = name.split('/')
        return { registry, repository: path.join('/'), text: `${name} ${n}` }
      }),
  )
  const stored = await Promise.all(places.map((one) => put(one.registry, one.repository, one.text)))
  const listed: string[] = []
  let after: string | undefined
  for (;;) {
    const page = await reader.list({}, { after, limit: 5 })
    listed.push(...page.map(reader.positionOf))
    expect(page.length).toBeLessThanOrEqual(5)
    const last = page.at(-1)
    if (last === undefined) break
    after = reader.positionOf(last)
  }
  expect(listed).toEqual(stored.map(reader.positionOf).sort())
})

test('a list can be of one registry, or of one repository without those below it', async () => {
  const { reader, put } = setUp()
  const app = await put('ci', 'team/app', 'app')
  const below = await put('ci', 'team/app/sub', 'sub')
  await put('ci2', 'team/app', 'other registry')
  const page = { after: undefined, limit: 10 }
  const places = async (scope: { registry: string; repository?: string }) =>
    (await reader.list(scope, page)).map(reader.positionOf)
  expect(await places({ registry: 'ci' })).toEqual([app, below].map(reader.positionOf).sort())
  expect(await places({ registry: 'ci', repository: 'team/app' })).toEqual([reader.positionOf(app)])
  expect(await places({ registry: 'ci', repository: 'team' })).toEqual([])
})

test('what is not wanted is not read, and does not take the place of what is', async () => {
  const { reader, put } = setUp()
  for (let n = 0; n < 3; n++) await put('ci', `team-b/app${n}`, `b ${n}`)
  const own = await put('ci', 'team-c/app', 'c')
  const looked: string[] = []
  const isWanted = ({ repository }: { repository: string }) => {
    looked.push(repository)
    return repository.startsWith('team-c/')
  }
  const found = await reader.list({}, { after: undefined, limit: 1, isWanted })
  expect(found.map(reader.positionOf)).toEqual([reader.positionOf(own)])
  expect(looked).toEqual(['team-b/app0', 'team-b/app1', 'team-b/app2', 'team-c/app'])
})

test('of the images that had a tag, the one that was deleted last is found', async () => {
  const { reader, put, pass } = setUp()
  for (const text of ['first', 'second', 'third']) {
    await put('ci', 'team/app', text, ['pr-1'])
    pass(1_000_000)
  }
  await put('ci', 'team/app', 'another', ['pr-2'])
  const found = await reader.withTag('ci', 'team/app', 'pr-1')
  expect(found?.digest).toBe(hashOf(Buffer.from('third')))
  expect(await reader.withTag('ci', 'team/app', 'pr-3')).toBeUndefined()
})

test.each(['', '{"at":', '{}', 'moved'])('an object that is no entry (%s) hides no other', async (body) => {
  const { store, reader, put, unreadable } = setUp()
  const good = await put('ci', 'team/app', 'good')
  const place = await put('ci', 'team/app', 'bad')
  const key = `trash/ci/team/app/${place.digest}.json`
  // The entry of another image, at this key.
  const moved = await store.get(`trash/ci/team/app/${good.digest}.json`)
  await store.put(key, body === 'moved' ? (moved ?? '') : body)
  await store.put('trash/ci/notes.json', 'not an entry by its name')
  expect((await reader.list({}, { after: undefined, limit: 1 })).map(reader.positionOf)).toEqual([
    reader.positionOf(good),
  ])
  expect(await reader.list({}, { after: undefined, limit: 10 })).toHaveLength(1)
  expect(new Set(unreadable)).toEqual(new Set([key]))
  await expect(reader.get(place)).rejects.toThrow('is not an entry of the trash')
})

test('what is older than the retention is deleted, once a day, and nothing else', async () => {
  const { store, trash, reader, put, now, pass } = setUp()
  const [old, young] = [await put('ci', 'team/app', 'old'), await put('ci', 'team/app', 'young')]
  await store.put('trash/notes', 'not an entry')
  const daysAgo = (days: number) => Date.now() / 1000 - days * 86_400
  const age = (key: string, days: number) => utimes(join(folder, key), daysAgo(days), daysAgo(days))
  await age(`trash/ci/team/app/${old.digest}.json`, 31)
  await age(`trash/ci/team/app/${young.digest}.json`, 29.5)
  await age('trash/notes', 100)
  const left = async () =>
    (await reader.list({}, { after: undefined, limit: 10 })).map(({ digest }) => digest)

  const asOf = () => now() / 1000
  await trash.forgetOld(30 * 86_400_000, asOf())
  expect(await left()).toEqual([young.digest])
  pass(0.9 * DAY)
  await trash.forgetOld(30 * 86_400_000, asOf())
  expect(await left()).toEqual([young.digest])
  pass(0.2 * DAY)
  await trash.forgetOld(30 * 86_400_000, asOf())
  expect(await left()).toEqual([])
  expect(await store.head('trash/notes')).toBeDefined()
})

test('what is younger than a day when a run begins is kept, whatever the clock says at its end', async () => {
  const { store, trash, put, now, pass } = setUp()
  await put('ci', 'team/app', 'young')
  const beganAt = now() / 1000
  pass(40 * DAY)
  await trash.forgetOld(1, beganAt)
  expect(await Array.fromAsync(store.list('trash/'))).toHaveLength(1)
})

describe('a run', () => {
  const bed = useExpiry()

  test('deletes old entries, unless it is dry', async () => {
    const now = () => Date.now() * 1000 + 2 * DAY
    const { run, store, push, audited } = bed.setUp({ now, trashKeepMs: DAY / 2000 })
    const old = `trash/ci/team/app/${hashOf(Buffer.from('old'))}.json`
    await store.put(old, 'as it is')
    await push('main', image('kept'), bed.repository)
    await run('branches', true)
    expect(await store.head(old)).toBeDefined()
    await run('branches', false)
    expect(await store.head(old)).toBeUndefined()
    expect(audited.filter(({ action }) => action === 'trash.purged')).toMatchObject([
      { by: 'a test', counts: { entries: 1 }, why: 'older than expiry.trash.keep' },
    ])
  })

  test('keeps what it has deleted if our clock is set forward meanwhile', async () => {
    let aheadUs = 0
    const registryNow = () => Date.now() * 1000 + 30 * DAY
    const now = () => registryNow() + aheadUs
    const { run, store, push } = bed.setUp({ now, registryNow, trashKeepMs: DAY / 1000 })
    await push('pr-1', image('deleted'), bed.repository)
    bed.registry.onRequest(({ method }) => {
      if (method === 'DELETE') aheadUs = 40 * DAY
      return undefined
    })
    expect(await run('branches', false)).toMatchObject({ deletes: [{ outcome: 'deleted' }] })
    expect(await Array.fromAsync(store.list('trash/'))).toHaveLength(1)
  })

  test('does not fail if they cannot be deleted', async () => {
    const { run } = bed.setUp({
      store: (real) => ({
        ...real,
        list: (prefix, after) => {
          if (prefix === 'trash/') throw new Error('the store is away')
          return real.list(prefix, after)
        },
      }),
    })
    expect(await run('branches', false)).toMatchObject({ deletes: [] })
  })

  test('puts an image into the trash with the tags that it has right before it is deleted', async () => {
    const { run, push, index, store } = bed.setUp({ pace: { planMs: 60_000, atOnce: 1 } })
    const { repository, project, registry } = bed
    const images = [image('first'), image('second')]
    for (const [n, one] of images.entries()) await push(`pr-${n}`, one, repository)
    for (const one of images) {
      const tag = `pr-${one.root.digest.slice(7, 12)}`
      await index.apply(project, [taggedAs(tag, one, repository)])
    }
    let late = ''
    registry.onRequest(async ({ method, path }) => {
      // The run deletes one of the images, and the other loses a tag.
      const other = images.find(({ root }) => !path.endsWith(root.digest))
      if (method === 'DELETE' && late === '' && other !== undefined) {
        late = other.root.digest
        const tag = `pr-${late.slice(7, 12)}`
        await index.apply(project, [{ kind: 'untag', repository, at: PUSHED_AT + 2, tag }])
      }
      return undefined
    })
    const { deletes } = await run('branches', false)
    expect(deletes.map(({ outcome }) => outcome)).toEqual(['deleted', 'deleted'])
    const entry = await store.get(`trash/ci/${repository}/${late}.json`)
    expect(entry && JSON.parse(entry.toString()).tags).toEqual([expect.stringMatching(/^pr-\d$/)])
  })
})
