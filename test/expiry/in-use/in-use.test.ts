import { pino } from 'pino'
import { expect, test, vi } from 'vitest'
import { digest, indexed } from '../../../lab/images.ts'
import { makeFindRegistries } from '../../../src/expiry/in-use/find-registries.ts'
import { makeInUse } from '../../../src/expiry/in-use/in-use.ts'
import type { InUseSource } from '../../../src/expiry/in-use/source.ts'
import { makeFailuresOf, makeFindProtections } from '../../../src/expiry/protection.ts'
import type { RegistryAlert } from '../../../src/queue/alert.ts'

const NOW = Date.parse('2026-11-20T12:00:00Z') * 1000
const image = indexed('a', { tags: { v1: 1, v2: 1 } })
const other = indexed('b', { tags: { v3: 1 } })

/** `given`: the names that each source gives, or why it fails. `doubt`: why the index may lack images. */
function setUp(given: Record<string, string[] | Error>, options: { form?: 'host'; doubt?: string } = {}) {
  const asked: string[] = []
  const alerts: RegistryAlert[] = []
  const sources: InUseSource[] = Object.keys(given).map((name) => ({
    ...{ name, mayBeEmpty: false },
    ...(name.startsWith('only-hub') && { registries: ['hub'] }),
  }))
  const inUse = makeInUse({
    sources: () => sources,
    async read({ name }) {
      asked.push(name)
      const names = given[name]
      if (names instanceof Error) throw names
      return { names: names ?? [], form: options.form ?? 'name or host' }
    },
    findRegistries: makeFindRegistries([
      { name: 'ci', url: 'https://r.io', hosts: [] },
      { name: 'hub', url: 'https://hub.io', hosts: [] },
      { name: 'art', url: 'https://art.io/docker-local', hosts: [] },
    ]),
    findImage: async ({ reference }) =>
      'tag' in reference && reference.tag === 'v1' ? { project: 'ci/team', image } : undefined,
    doubtOf: async () => options.doubt,
    announce: async (alert) => alerts.push(alert),
    log: pino({ level: 'silent' }),
    now: () => NOW,
  })
  return { ...inUse, asked, alerts, sources }
}

test('an image is in use if a name has one of its tags or its digest', async () => {
  const reasonFor = async (...names: string[]) => (await setUp({ cluster: names }).find('ci'))(image)
  expect(await reasonFor('r.io/team/app:v2')).toBe('it is in use: cluster names team/app:v2')
  expect(await reasonFor('ci/team/app:v1')).toBe('it is in use: cluster names team/app:v1')
  const name = `team/app@${digest('a')}`
  expect(await reasonFor(`r.io/${name}`)).toBe(`it is in use: cluster names ${name}`)
  // Clients pull the digest, whatever the tag names.
  expect(await reasonFor(`r.io/team/app:v1@${digest('b')}`)).toBeUndefined()
  expect(
    await reasonFor('r.io/team/app:v3', 'r.io/team/app', 'r.io/team/other:v1', 'hub.io/team/app:v1'),
  ).toBeUndefined()
})

test('at a registry whose URL has a path, both repositories are in use that a name may mean, and one can be missing', async () => {
  const { find, alerts } = setUp({ cluster: ['art.io/docker-local/team/app:v2'] })
  const protectionOf = await find('art')
  expect(protectionOf(image)).toBe('it is in use: cluster names team/app:v2')
  expect(protectionOf({ ...image, repository: 'docker-local/team/app' })).toContain('it is in use')
  expect(alerts.map(({ text }) => text)).toEqual([
    'art: cluster uses an image that the registry does not have: team/app:v2',
  ])
})

test('what Kubernetes names begins with a host: the name of a registry is none', async () => {
  const { find } = setUp({ cluster: ['ci/team/app:v1', 'r.io/team/other:v1'] }, { form: 'host' })
  expect((await find('ci'))(image)).toBeUndefined()
})

test('sources add up, and one that is about other registries is not asked', async () => {
  const { find, asked } = setUp({
    one: ['r.io/team/app:v1'],
    two: ['r.io/team/app:v3'],
    'only-hub': new Error('x'),
  })
  const protectionOf = await find('ci')
  expect(protectionOf(image)).toBe('it is in use: one names team/app:v1')
  expect(protectionOf(other)).toBe('it is in use: two names team/app:v3')
  expect(asked).toEqual(['one', 'two'])
})

test('if one source fails, every image is kept, and the reason says which and why', async () => {
  const { find } = setUp({ one: ['r.io/team/app:v1'], two: new Error('the answer is 502') })
  await expect(find('ci')).rejects.toThrow('two cannot be read: the answer is 502')
  const protectionOf = await makeFindProtections({ inUse: find })('ci')
  const doubt = 'it is not known what is protected (inUse): two cannot be read: the answer is 502'
  expect(protectionOf(other)).toBe(doubt)
  expect(protectionOf.doubt).toBe(doubt)
})

test('a source that names only images of other registries fails, unless it may be empty', async () => {
  // The text of an error may have the form of a name.
  for (const name of ['unavailable', 'null', 'registry.internal/team/app:v1'])
    await expect(setUp({ one: [name] }).find('ci')).rejects.toThrow(
      `one cannot be read: none of its names is of a registry that it is about, such as ${name}`,
    )
  await expect(setUp({ 'only-hub': ['r.io/team/app:v1'] }).find('hub')).rejects.toThrow('none of its names')
  const one = setUp({ one: ['hub.io/x:v1'] })
  expect((await one.find('ci'))(image)).toBeUndefined()
  const empty = setUp({ one: ['elsewhere.io/x:v1'] })
  empty.sources[0] = { ...(empty.sources[0] as InUseSource), mayBeEmpty: true }
  expect((await empty.find('ci'))(image)).toBeUndefined()
})

test('all sources that fail are told, and none if all can be read', async () => {
  const { find } = setUp({ one: new Error('x'), two: ['r.io/team/app:v1'], three: new Error('y') })
  const keeps = async () => () => undefined
  expect(await makeFailuresOf({ keeps, inUse: find })('ci')).toEqual([
    'it is not known what is protected (inUse): one cannot be read: x; three cannot be read: y',
  ])
  const well = setUp({ two: ['r.io/team/app:v1'] })
  expect(await makeFailuresOf({ keeps, inUse: well.find })('ci')).toEqual([])
})

test('a source is read once a minute, also if it fails; a run reads it anew, and so does a new configuration', async () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1_000_000)
  try {
    const { find, renew, asked, sources } = setUp({ one: ['r.io/team/app:v1'], 'only-hub': new Error('x') })
    await Promise.all([find('ci'), find('ci')])
    await expect(find('hub')).rejects.toThrow()
    await expect(find('hub')).rejects.toThrow()
    expect(asked).toEqual(['one', 'only-hub'])
    now.mockReturnValue(1_060_001)
    await find('ci')
    expect(asked).toEqual(['one', 'only-hub', 'one'])
    renew()
    await find('ci')
    expect(asked).toEqual(['one', 'only-hub', 'one', 'one'])
    sources[0] = { ...(sources[0] as InUseSource) }
    await find('ci')
    expect(asked).toEqual(['one', 'only-hub', 'one', 'one', 'one'])
  } finally {
    now.mockRestore()
  }
})

test('a reading that was begun before a run is not used by it', async () => {
  const { find, renew, asked } = setUp({ one: ['r.io/team/app:v1'] })
  const before = find('ci')
  renew()
  await Promise.all([before, find('ci')])
  expect(asked).toEqual(['one', 'one'])
})

test('images that a source names and the registry does not have are told, ten of them by name', async () => {
  const gone = Array.from({ length: 12 }, (_, n) => `r.io/team/app:gone-${String(n).padStart(2, '0')}`)
  const { find, renew, alerts } = setUp({ cluster: ['r.io/team/app:v1', 'hub.io/x:v2', ...gone] })
  await find('ci')
  renew()
  await find('ci')
  const listed = gone.slice(0, 10).map((name) => name.replace('r.io/', ''))
  expect(alerts).toEqual([
    {
      id: expect.any(String),
      ...{ at: '2026-11-20T12:00:00.000Z', registry: 'ci', event: 'inUse.missing' },
      text: `ci: cluster uses 12 images that the registry does not have: ${listed.join(', ')} and 2 more`,
    },
  ])
  // The same on the same day at another process.
  const again = setUp({ cluster: gone })
  await again.find('ci')
  expect(again.alerts[0]?.id).toBe(alerts[0]?.id)
})

test('while the index may lack images, none is told to be missing', async () => {
  const { find, alerts } = setUp({ cluster: ['r.io/team/app:gone'] }, { doubt: 'events wait' })
  await find('ci')
  expect(alerts).toEqual([])
})
