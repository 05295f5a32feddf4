import { afterAll, beforeAll, expect, test } from 'vitest'
import { makeImage } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type LabRegistry, startRegistry } from '../../lab/registry.ts'
import { ADMIN_TOKEN, eventually, READ_TOKEN } from '../../lab/tallyman.ts'
import { readImages } from '../../src/expiry/dialects/images-file.ts'
import { VERSION } from '../../src/platform/version.ts'
import { type ServiceBed, startServiceBed } from './service-bed.ts'

/** The commands that answer questions, against a real service and real registries, without a configuration. */
let bed: ServiceBed
let production: LabRegistry

const image = (seed: string, bytes: number) =>
  makeImage({
    layers: [
      { seed: 'base', bytes: 50_000 },
      { seed, bytes },
    ],
    label: seed,
  })
const release = image('release', 2_000_000)
const branch = image('branch', 30_000)

beforeAll(async () => {
  production = await startRegistry()
  bed = await startServiceBed({
    reconcile: {},
    registries: { production: { url: production.url } },
    quotas: [{ project: 'ci/team/*', limit: '1MiB' }],
    promotion: {
      rules: [
        {
          name: 'releases',
          from: { registry: 'ci', repository: 'team/app', tag: 'v*' },
          to: { registry: 'production', repository: 'released/{name}' },
          settle: '100ms',
        },
      ],
    },
    expiry: {
      policies: [
        {
          name: 'branches',
          match: { registry: 'ci' },
          mode: 'apply',
          rules: [{ tag: 'pr-*', olderThan: '1ms', expire: true }],
        },
        {
          ...{ name: 'as-in-quay', match: { registry: 'ci', repository: 'team/app' }, dialect: 'quay' },
          document: { policies: [{ method: 'creation_date', value: '90000m', tagPattern: '^pr-' }] },
        },
      ],
    },
  })
  for (const tag of ['v1', 'v1.0', 'v1.0.0', 'stable']) await pushImage(bed.client, 'team/app', tag, release)
  await pushImage(bed.client, 'team/app', 'pr-1', branch)
  await pushImage(bed.client, 'team/app/cache', 'main', image('cache', 10_000))
  await pushImage(bed.client, 'small', 'v1', image('small', 1_000))
  await eventually(
    () => bed.service.get<{ tags: number; unresolved: number }>('/v1/projects/ci%2Fteam%2Fapp'),
    (project) => project.tags === 6 && project.unresolved === 0,
  )
  await eventually(
    () => bed.service.get<{ projects: unknown[] }>('/v1/projects'),
    ({ projects }) => projects.length === 2,
  )
  await eventually(
    () => bed.service.get<{ flags: unknown[] }>('/v1/flags'),
    ({ flags }) => flags.length === 1,
  )
  await eventually(
    () => bed.service.get<{ promotions: unknown[] }>('/v1/promotions'),
    ({ promotions }) => promotions.length === 3,
  )
})
afterAll(async () => {
  await bed?.close()
  await production?.close()
})

const run = (...argv: string[]) => bed.runWith(READ_TOKEN, ...argv)
const json = async (...argv: string[]) => JSON.parse((await run(...argv, '--output', 'json')).out)

test('usage lists the projects, the largest first, with limit and flag, and the total of each registry', async () => {
  const { status, out, err } = await run('usage')
  expect({ status, err }).toEqual({ status: 0, err: '' })
  const [head, first, second, empty, ...registries] = out.split('\n')
  expect(head).toMatch(/^PROJECT +UNIQUE +LIMIT +USED +FLAG$/)
  expect(first).toMatch(/^ci\/team\/app +2\.0 MiB +1\.0 MiB +199 % +over$/)
  expect(second).toMatch(/^ci\/small +\S+ KiB +none +ok$/)
  expect(empty).toBe('')
  expect(registries[0]).toMatch(/^REGISTRY +PROJECTS +TOTAL +STATE +CONFIDENCE$/)
  expect(registries[1]).toMatch(/^ci +2 +2\.0 MiB /)
  expect(registries[2]).toMatch(/^production +0 +0 B +target only /)
})

test('usage has pages, an order and filters, which do not go with a project', async () => {
  const page = await run('usage', '--limit', '1')
  const [, cursor = ''] = /^there are more: .* --cursor (\S+)\n$/.exec(page.err) ?? []
  expect((await run('usage', '--limit', '1', '--cursor', cursor)).out).toMatch(/\nci\/small /)
  const ids = async (...argv: string[]) =>
    (await json('usage', ...argv)).projects.map(({ id }: { id: string }) => id)
  expect(await ids('--sort', 'name')).toEqual(['ci/small', 'ci/team/app'])
  expect(await ids('--search', 'SMALL')).toEqual(['ci/small'])
  const other = await json('usage', '--registry', 'production')
  expect(other.projects).toEqual([])
  expect(other.registries).toMatchObject([{ name: 'production' }])
  expect(await run('usage', '--registry', 'hub')).toEqual({
    status: 6,
    out: '',
    err: 'no registry "hub"; configured: ci, production\n',
  })
})

test('usage of a project has its numbers, its repositories and its largest images', async () => {
  const { status, out } = await run('usage', 'ci/team/app')
  expect(status).toBe(0)
  expect(out).toMatch(/^project +ci\/team\/app\nunique +2\.0 MiB\nlimit +1\.0 MiB\nflag +over since \S+Z\n/)
  const found = await json('usage', 'ci/team/app')
  expect(found.project).toMatchObject({ id: 'ci/team/app', tags: 6, repositories: 2, flag: 'over' })
  expect(found.repositories).toMatchObject([
    { repository: 'team/app', tags: 5, images: 2 },
    { repository: 'team/app/cache', tags: 1, images: 1 },
  ])
  // The base layer is also in the other repository, and the config counts beside the layers.
  const { reclaimableBytes } = found.repositories[0]
  expect(reclaimableBytes).toBeGreaterThan(2_030_000)
  expect(reclaimableBytes).toBeLessThan(2_040_000)
  expect(found.images[0].digest).toBe(release.root.digest)
  expect(await run('usage', 'ci/none')).toMatchObject({
    status: 6,
    out: '',
    err: expect.stringContaining('404 there is no project "ci/none"'),
  })
  for (const command of [['usage'], ['tags'], ['quota', 'show'], ['history']])
    expect(await run(...command, 'ci')).toMatchObject({
      ...{ status: 1, out: '' },
      err: '"ci" is not a project: expected the registry and the path, such as ci/team/app\n',
    })
})

test('images are listed by size with their tags, and tags by name', async () => {
  const { out } = await run('images', 'ci/team/app')
  const [head, first, second, ...rest] = out.trimEnd().split('\n')
  expect(head).toMatch(/^ +SIZE +KIND +REPOSITORY +TAGS +LAST PULL +DIGEST$/)
  expect(first).toMatch(
    new RegExp(`^ *2\\.0 MiB +not read +team/app +stable, v1, v1\\.0 and 1 more .* ${release.root.digest}$`),
  )
  expect(second).toContain(branch.root.digest)
  expect(rest).toHaveLength(1)
  const { images } = await json('images', 'ci/team/app', '--repository', 'team/app/cache')
  expect(images).toMatchObject([{ repository: 'team/app/cache', tags: [{ name: 'main' }], children: [] }])
  // What it prints is what `expiry try` reads.
  const all = readImages(await json('images', 'ci/team/app')).images
  expect(all.flatMap(({ tags }) => tags.map(({ name }) => name)).sort()).toEqual([
    'main',
    'pr-1',
    'stable',
    'v1',
    'v1.0',
    'v1.0.0',
  ])
  for (const { pushedAt, tags } of all)
    expect(tags.every(({ taggedAt }) => taggedAt !== null)).toBe(pushedAt !== null)

  const tags = await run('tags', 'ci/team/app', '--repository', 'team/app', '--limit', '2')
  expect(tags.out).toMatch(/^REPOSITORY +TAG +SIZE +SINCE +AGE FROM +PUSHED BY +LAST PULL\nteam\/app +pr-1 /)
  expect(tags.err).toMatch(/^there are more: repeat the command with --all, or with --cursor \S+\n$/)
})

test('images show their kind and labels once these were read from the registry', async () => {
  const { images } = await json('images', 'ci/team/app', '--repository', 'team/app')
  expect(images).toMatchObject([{ kind: null }, { kind: null }])
  expect(images[0]).not.toHaveProperty('labels')
  const { status, err } = await run('images', 'ci/team/app', '--repository', 'team/app', '--details')
  expect({ status, err }).toEqual({ status: 0, err: '' })
  const read = await json('images', 'ci/team/app')
  const revision = 'org.opencontainers.image.revision'
  expect(readImages(read).images.map(({ repository, labels }) => [repository, labels])).toEqual([
    ['team/app', { [revision]: 'release' }],
    ['team/app', { [revision]: 'branch' }],
    ['team/app/cache', {}],
  ])
  expect(read.images.map(({ kind }: { kind: string | null }) => kind)).toEqual(['image', 'image', null])
  // The registry tells of these reads as of any pull, but they are no use of the image.
  await bed.ci.untilDelivered()
  await bed.service.untilDone('events')
  const later = await json('images', 'ci/team/app')
  expect(later.images.map(({ pulledAt }: { pulledAt: string | null }) => pulledAt)).toEqual([
    null,
    null,
    null,
  ])
})

test('flags, alerts and promotions', async () => {
  expect((await run('flags')).out).toMatch(/^KIND +NAME +FLAG +SINCE\nproject +ci\/team\/app +over +\S+Z\n$/)
  expect(await run('flags', '--flag', 'warning')).toEqual({
    status: 0,
    out: '',
    err: 'nothing is near or over its quota\n',
  })
  const alerts = await eventually(
    () => run('alerts'),
    ({ out }) => out !== '',
  )
  expect(alerts.out).toMatch(/^AT +ABOUT +TEXT\n\S+Z +ci\/team\/app +\S/)
  const promotions = await run('promotion', 'list')
  expect(promotions.out).toMatch(/^ID +AT +KIND +RULE +FROM +TO +SENT +DIGEST\n/)
  expect(promotions.out).toMatch(
    new RegExp(`releases +ci/team/app:v1 +production/released/app:v1 .* ${release.root.digest}\n`),
  )
})

test.each([
  'usage',
  'usage ci/team/app',
  'images ci/team/app',
  'tags ci/team/app',
  'flags',
  'alerts',
  'promotion list',
  'promotion list --state waiting',
  'expiry plan branches',
  'runs',
  'registries',
  'snapshot list',
  'quarantine list',
  'jobs',
  'jobs failed quota',
  'jobs delayed expiry',
  'whoami',
])('the read token is enough for %s, and --output json prints one document', async (line) => {
  const { status, out } = await run(...line.split(' '), '--output', 'json')
  expect(status).toBe(0)
  expect(JSON.parse(out)).toBeTypeOf('object')
})

test('whoami tells what the token may do and the version of the service', async () => {
  expect((await run('whoami')).out).toBe(
    `who       read token\nverbs     read\nprojects  **\nversion   ${VERSION}\nservice   ${bed.url}\n`,
  )
  expect(JSON.parse((await bed.runWith(ADMIN_TOKEN, 'whoami', '--output', 'json')).out)).toMatchObject({
    ...{ who: 'admin token', verbs: ['admin'], projects: ['**'], expiresAt: null },
    ...{ version: VERSION, url: bed.url },
  })
})

test('a command that lacks rights says which token it has and which it needs', async () => {
  expect(await run('expire', 'branches')).toEqual({
    status: 5,
    out: '',
    err:
      `POST ${bed.url}/v1/expiry/runs: 403 this needs expire: the read token has read over all projects\n` +
      'The token comes from TALLYMAN_TOKEN. Set TALLYMAN_TOKEN to one that the service asks for.\n',
  })
  expect((await bed.runWith('another-token', 'usage')).err).toBe(
    `GET ${bed.url}/v1/projects: 401 expected "Authorization: Bearer" with a token that has read\n` +
      'The token comes from TALLYMAN_TOKEN, and the service has another.\n',
  )
  expect((await bed.runWith('two words', 'usage')).err).toMatch(/^TALLYMAN_TOKEN is no token/)
})

test('a policy is planned, run dry, and applied', async () => {
  const plan = await run('expiry', 'plan', 'branches')
  expect(plan.err).toMatch(
    /^delete 1 image \(.*\), keep \d images \(shown with --all\)\nif this is deleted now, undo is safe until .*\n$/,
  )
  expect(plan.out).toMatch(
    new RegExp(
      `^VERDICT +REPOSITORY +TAGS +AGE +LAST USE +FREES +RULE +REASON +DIGEST\ndelete +team/app +pr-1 .* ${branch.root.digest}\n$`,
    ),
  )
  expect((await run('expiry', 'plan', 'branches', '--all')).out).toMatch(/\nkeep +team\/app +stable, v1/)
  expect(await json('expiry', 'plan', 'branches')).toMatchObject({
    deletes: 1,
    decisions: expect.arrayContaining([
      expect.objectContaining({ policy: 'branches', tags: ['pr-1'], verdict: 'delete' }),
    ]),
  })
  expect((await run('expiry', 'plan', 'brances')).err).toContain(
    '404 no policy "brances"; configured: branches, as-in-quay',
  )

  const asInQuay = await run('expiry', 'plan', 'as-in-quay')
  expect(asInQuay.err).toMatch(/^warning: as-in-quay: .*minutes.*\ndelete nothing, keep \d images /)
  expect(await json('expiry', 'plan', 'as-in-quay')).toMatchObject({
    warnings: [{ policy: 'as-in-quay', warning: expect.stringContaining('minutes') }],
  })

  const dry = await bed.runWith(ADMIN_TOKEN, 'expire', 'branches')
  expect(dry).toMatchObject({
    status: 0,
    out: expect.stringMatching(
      /^dry run \S+ of branches: would delete 1 image \(\d.*\), keep \d images\nOUTCOME .*\nplanned +team\/app +pr-1 /,
    ),
    err: expect.stringContaining('nothing was deleted: this was a dry run. With --apply '),
  })
  expect(await bed.client.headManifest('team/app', 'pr-1')).toBeDefined()

  await bed.service.reconcile('ci')
  const real = await bed.runWith(ADMIN_TOKEN, 'expire', 'branches', '--apply')
  expect(real).toMatchObject({
    status: 0,
    out: expect.stringMatching(
      /^run \S+ of branches: deleted 1 image \(\d.*\); kept \d images\nOUTCOME .*\ndeleted /,
    ),
  })
  expect(await bed.client.headManifest('team/app', 'pr-1')).toBeUndefined()
  const [, id = ''] = /^run (\S+)/.exec(real.out) ?? []

  const { runs } = await json('runs')
  expect(runs[0]).toMatchObject({ id, policy: 'branches', dryRun: false, outcomes: { deleted: 1 } })
  expect((await run('runs')).out).toMatch(
    new RegExp(`^ID .*KEPT\n${id} +ci +branches +run +done +1 +1 +0 +0 +\\d\n`),
  )
  const shown = await run('runs', id)
  expect(shown.out).toMatch(/^run \S+ of branches: deleted 1 image /)
  expect(shown.out).toContain(branch.root.digest)
  expect(await bed.runWith(ADMIN_TOKEN, 'expiry', 'stop', 'branches')).toMatchObject({
    status: 0,
    err: 'no run is in hand or waits\n',
  })
  expect((await run('runs', 'none')).err).toContain('404 there is no run "none"')
})
