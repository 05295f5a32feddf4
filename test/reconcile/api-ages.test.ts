import { expect, it } from 'vitest'
import { makeBuildKitCache } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import type { Age } from '../../src/usage/age.ts'
import { builtIn, complete, undated, useAgeBed } from './age-bed.ts'
import { builtAt, imageWith, indexOf } from './dated-image.ts'

const bed = useAgeBed()
const { agesIn } = bed

it.each([
  [
    'of its config',
    { config: '{"created":"2025-03-04T05:06:07.123456789Z"}' },
    '2025-03-04T05:06:07.123Z',
    456,
  ],
  [
    'of its annotation, if that is later',
    { config: '{"created":"2023-03-04T05:06:07Z"}', annotated: '2024-01-01T00:00:00+01:00' },
    '2023-12-31T23:00:00Z',
    0,
  ],
  [
    'of its config, if its annotation is the one of its base image',
    { config: '{"created":"2026-11-25T00:00:00Z"}', annotated: '2026-05-09T00:00:00Z' },
    '2026-11-25T00:00:00Z',
    0,
  ],
  [
    'of its annotation, if its config is no config of an image',
    { config: '{}', configType: 'application/x', annotated: '2024-01-01T00:00:00Z' },
    '2024-01-01T00:00:00Z',
    0,
  ],
  [
    'of its annotation, if its config is the one of a reproducible build',
    { config: '{"created":"1970-01-01T00:00:00Z"}', annotated: '2024-01-01T00:00:00Z' },
    '2024-01-01T00:00:00Z',
    0,
  ],
  [
    'of its config, if its annotation is the one of a reproducible build',
    { config: '{"created":"2025-01-02T00:00:00Z"}', annotated: '1980-01-01T00:00:00Z' },
    '2025-01-02T00:00:00Z',
    0,
  ],
  [
    'of a docker config',
    {
      config: '{"created":"2025-05-05T00:00:00Z"}',
      configType: 'application/vnd.docker.container.image.v1+json',
    },
    '2025-05-05T00:00:00Z',
    0,
  ],
])('an image has the time %s', async (name, options, time, micros) => {
  const one = imageWith(options)
  const repository = `time/${name.replace(/\W+/g, '-')}`
  await pushImage(bed.client, repository, 'v1', one)
  const { source, at } = builtIn(time)
  expect(await agesIn(repository)).toEqual(new Map([[one.root.digest, { source, at: at + micros }]]))
})

it.each([
  ['1970', { config: '{"created":"1970-01-01T00:00:00Z"}' }],
  ['1980', { config: '{"created":"1980-01-01T00:00:01Z"}' }],
  ['the time after now', { config: '{"created":"2026-11-26T00:00:01Z"}' }],
  ['the year 1', { config: '{"created":"0001-01-01T00:00:00Z"}' }],
  ['no time', { config: '{"architecture":"amd64"}' }],
  ['a number', { config: '{"created":1795428000}' }],
  ['no JSON', { config: 'created: 2025-01-01T00:00:00Z' }],
  ['many brackets', { config: '['.repeat(1000) }],
  ['a config of another type', { config: '{"created":"2025-01-01T00:00:00Z"}', configType: 'application/x' }],
  [
    'a config of more than 1 MiB',
    { config: JSON.stringify({ created: '2025-01-01T00:00:00Z', x: 'x'.repeat(1 << 20) }) },
  ],
])('%s is no age', async (name, options) => {
  const one = imageWith(options)
  const repository = `none/${name.toLowerCase().replace(/\W+/g, '-')}`
  await pushImage(bed.client, repository, 'v1', one)
  expect(await agesIn(repository)).toEqual(new Map([[one.root.digest, undated]]))
})

it('an image whose config the registry refuses has no time, and is read', async () => {
  const one = imageWith({ config: '{"refused":true}', annotated: '2025-01-01T00:00:00Z' })
  await pushImage(bed.client, 'refused', 'v1', one)
  for (const status of [403, 404]) {
    bed.registry.onRequest(({ method, path }) =>
      method === 'GET' && path.includes('/blobs/') ? status : undefined,
    )
    expect(await agesIn('refused')).toEqual(new Map([[one.root.digest, undated]]))
  }
})

it('an index is as old as its annotation or its youngest image, whichever is later', async () => {
  const [old, young, reproducible] = [
    builtAt('2024-01-01T00:00:00Z'),
    builtAt('2025-06-01T00:00:00Z'),
    builtAt('1970-01-01T00:00:00Z'),
  ]
  const multi = indexOf([old, young, reproducible])
  const annotated = indexOf([old, young], '2025-07-01T00:00:00Z')
  const inherited = indexOf([old, young], '2024-02-01T00:00:00Z')
  const timeless = indexOf([reproducible])
  const cache = makeBuildKitCache([{ seed: 'c', bytes: 300 }])
  const nested = indexOf([multi])
  const roots = { multi, annotated, inherited, timeless, cache, nested }
  for (const [tag, one] of Object.entries(roots)) await pushImage(bed.client, 'index', tag, one)
  const ages = await agesIn('index')
  expect(Object.values(roots).map(({ root }) => ages.get(root.digest))).toEqual([
    builtIn('2025-06-01T00:00:00Z'),
    builtIn('2025-07-01T00:00:00Z'),
    builtIn('2025-06-01T00:00:00Z'),
    undated,
    undated,
    builtIn('2025-06-01T00:00:00Z'),
  ])
})

it('an index gets its age from the images whose ages the index has, and asks for no others again', async () => {
  const [old, young] = [builtAt('2024-01-01T00:00:00Z', 'x'), builtAt('2025-06-01T00:00:00Z', 'x')]
  const multi = indexOf([old, young])
  await pushImage(bed.client, 'later', 'multi', multi)
  bed.registry.reset()
  const ages = await agesIn('later', complete('later', [multi, old, young], [young]))
  expect(bed.fetched()).toEqual([multi.root.digest, old.root.digest, old.config].sort())
  expect(ages).toEqual(
    new Map<string, Age | undefined>([
      [multi.root.digest, builtIn('2024-01-01T00:00:00Z')],
      [old.root.digest, builtIn('2024-01-01T00:00:00Z')],
      [young.root.digest, undefined],
    ]),
  )
})

it('an image that the registry lacks does not count for the age of its index', async () => {
  const [here, gone] = [builtAt('2024-01-01T00:00:00Z', 'y'), builtAt('2025-06-01T00:00:00Z', 'y')]
  const multi = indexOf([here, gone])
  await pushImage(bed.client, 'sparse', 'multi', multi)
  await bed.client.deleteManifest('sparse', gone.root.digest)
  expect((await agesIn('sparse')).get(multi.root.digest)).toEqual(builtIn('2024-01-01T00:00:00Z'))
})
