import { afterAll, beforeAll, expect, test } from 'vitest'
import { RECENTLY } from '../../lab/recently.ts'
import { ADMIN_TOKEN, eventually, type LabTallyman, READ_TOKEN, startTallyman } from '../../lab/tallyman.ts'

let tallyman: LabTallyman
const digest = (character: string) => `sha256:${character.repeat(64)}`
const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json'
const LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

let events = 0
/** An event of a push. `layers`: characters of digests; each has 1,000 bytes, but `b`, the base, has 5,000. */
const push = (
  repository: string,
  tag: string | undefined,
  own: string,
  layers: string,
  more: { mediaType?: string; children?: string; by?: string } = {},
) => ({
  ...{ id: `e${events++}`, timestamp: RECENTLY, action: 'push' },
  ...(more.by && { actor: { name: more.by } }),
  target: {
    ...{ mediaType: more.mediaType ?? DOCKER, size: 500, digest: digest(own), repository },
    ...(tag !== undefined && { tag }),
    references: [
      ...[...layers].map((one) => ({
        ...{ mediaType: LAYER, size: one === 'b' ? 5000 : 1000, digest: digest(one) },
      })),
      ...[...(more.children ?? '')].map((one) => ({ mediaType: DOCKER, size: 500, digest: digest(one) })),
    ],
  },
})

beforeAll(async () => {
  tallyman = await startTallyman({
    registries: {
      ci: { url: 'http://127.0.0.1:1', token: 'lab-webhook-token-0001' },
      production: { url: 'http://127.0.0.1:2' },
    },
    expiry: { protect: { tags: ['v2'] } },
    promotion: {
      rules: [
        {
          ...{ name: 'releases', from: { registry: 'ci', repository: 'team/**', tag: 'v*' } },
          to: { registry: 'production', repository: 'released/{repository}' },
          gates: [{ type: 'approval', people: 2 }],
        },
      ],
    },
  })
  await tallyman.deliver({
    events: [
      push('team/app/api', 'v1', '1', 'bc', { by: 'ann' }),
      push('team/app/api', 'latest', '1', 'bc'),
      push('team/app/api', 'v2', '2', 'bd'),
      // `main` moves, and leaves 3 behind.
      push('team/app/api', 'main', '3', 'be'),
      { ...push('team/app/api', 'main', '4', 'b'), timestamp: new Date().toISOString() },
      push('team/app/multi', undefined, '5', 'f'),
      push('team/app/multi', undefined, '6', 'f'),
      push('team/app/multi', 'v1', '7', '', { mediaType: LIST, children: '56' }),
      push('team/app/multi', `${digest('7').replace(':', '-')}.sig`, '8', '9'),
      push('other/app', 'v1', 'a', 'b'),
    ],
  })
  await eventually(
    () => tallyman.get<{ projects: unknown[] }>('/v1/projects'),
    ({ projects }) => projects.length === 2,
  )
  await tallyman.untilDone('events')
})
afterAll(() => tallyman.close())

interface Image {
  digest: string
  tags: { name: string; pushedBy: string | null; ageSource: string }[]
  layers: { key: string; sizeBytes: number; otherImages: number; otherProjects: number }[]
  sizeBytes: number
  sharedBytes: number
  freesBytes: number
  protectedBy: string | null
  kind: string | null
  parts: { digest: string }[]
  referrers: { digest: string; kind: string | null }[]
}
interface Contents {
  images: Image[]
  count: number
  untagged: number
  pulls: { areHeard: boolean; isComplete: boolean; text: string }
  next: string | null
}
const contents = (query: string) => tallyman.get<Contents>(`/v1/projects/ci/team/app/-/contents?${query}`)
const status = async (url: string) =>
  (await tallyman.app.inject({ url, headers: { authorization: `Bearer ${READ_TOKEN}` } })).statusCode
const digestsOf = ({ images }: Contents) => images.map((image) => image.digest)

test('an image comes with its tags, its layers and who shares them, and what deleting it frees', async () => {
  const found = await contents('repository=team/app/api&sort=name')
  expect([found.count, found.untagged, found.next]).toEqual([3, 1, null])
  const v1 = found.images.find((image) => image.digest === digest('1'))
  expect(v1?.tags.map(({ name, pushedBy, ageSource }) => [name, pushedBy, ageSource])).toEqual([
    ['latest', null, 'event'],
    ['v1', 'ann', 'event'],
  ])
  // The base is in four images of the project, and in another project. Only its own layer and manifest go.
  expect([v1?.sizeBytes, v1?.sharedBytes, v1?.freesBytes]).toEqual([6500, 5000, 1500])
  expect(v1?.layers).toEqual([
    { key: `key:${'b'.repeat(32)}`, sizeBytes: 5000, otherImages: 3, otherProjects: 1 },
    { key: `key:${'c'.repeat(32)}`, sizeBytes: 1000, otherImages: 0, otherProjects: 0 },
  ])
  expect(found.pulls).toEqual({
    areHeard: false,
    isComplete: false,
    text: expect.stringContaining('not heard'),
  })
})

test('why no policy deletes an image is told', async () => {
  const { images } = await contents('repository=team/app/api')
  expect(images.map(({ tags, protectedBy }) => [tags.at(-1)?.name, protectedBy])).toEqual(
    expect.arrayContaining([
      ['v1', null],
      ['v2', 'it is protected: the tag v2 of expiry.protect'],
    ]),
  )
})

test('what each image frees is what the route for one image says', async () => {
  for (const repository of ['team/app/api', 'team/app/multi'])
    for (const { digest: one, freesBytes } of (await contents(`repository=${repository}`)).images) {
      const { reclaimableBytes } = await tallyman.get<{ reclaimableBytes: number }>(
        `/v1/projects/ci/team/app/-/reclaimable?repository=${repository}&digest=${one}`,
      )
      expect(freesBytes).toBe(reclaimableBytes)
    }
})

test('parts and signatures are folded below their image', async () => {
  const found = await contents('repository=team/app/multi')
  expect(digestsOf(found)).toEqual([digest('7')])
  const [image] = found.images
  expect(image?.parts.map((part) => part.digest).sort()).toEqual([digest('5'), digest('6')])
  expect(image?.referrers).toEqual([expect.objectContaining({ digest: digest('8'), kind: 'signature' })])
  // Both parts hold the layer: it is no layer of another image.
  expect(image?.layers).toEqual([expect.objectContaining({ sizeBytes: 1000, otherImages: 0 })])
  expect(image?.sharedBytes).toBe(0)
})

test('what a tag left behind is untagged', async () => {
  const found = await contents('repository=team/app/api&show=untagged')
  expect(digestsOf(found)).toEqual([digest('3')])
  expect(found.images[0]).toMatchObject({ tags: [], isOrphan: false, freesBytes: 1500 })
})

test('images are found by a text in a tag or the beginning of a digest, and in order', async () => {
  const search = async (text: string) => digestsOf(await contents(`repository=team/app/api&search=${text}`))
  expect(await search('LATE')).toEqual([digest('1')])
  expect(await search('sha256:222')).toEqual([digest('2')])
  expect(await search('nothing')).toEqual([])
  expect((await contents('repository=team/app/api&sort=pushed')).images[0]?.digest).toBe(digest('4'))
  expect(digestsOf(await contents('repository=team/app/api&sort=size')).at(-1)).toBe(digest('4'))
})

test.each(['pushed', 'idle', 'size', 'name'])(
  'pages by %s, one after the other, are the whole list',
  async (sort) => {
    const query = `repository=team/app/api&sort=${sort}`
    const whole = digestsOf(await contents(query))
    const paged: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Contents = await contents(`${query}&limit=1${cursor && `&cursor=${cursor}`}`)
      paged.push(...digestsOf(page))
      cursor = page.next
    }
    expect(paged).toEqual(whole)
    const { next } = await contents(`${query}&limit=1`)
    const other = sort === 'name' ? 'size' : 'name'
    expect(
      await status(
        `/v1/projects/ci/team/app/-/contents?repository=team/app/api&sort=${other}&cursor=${next}`,
      ),
    ).toBe(400)
  },
)

test('a repository or a project that is not there is 404', async () => {
  expect(await status('/v1/projects/ci/team/app/-/contents?repository=team/app/none')).toBe(404)
  expect(await status('/v1/projects/ci/none/-/contents?repository=team/app/api')).toBe(404)
  expect(await status('/v1/projects/ci/team/app/-/contents')).toBe(400)
})

test('repositories are listed cheaply, and with sizes if asked', async () => {
  const repositories = async (query: string) =>
    tallyman.get<{ repositories: { repository: string }[]; next: string | null }>(
      `/v1/projects/ci/team/app/-/repositories?${query}`,
    )
  expect(await repositories('sizes=true&sort=name')).toEqual({
    repositories: [
      {
        ...{ repository: 'team/app/api', manifests: 4 },
        sizes: { tags: 4, sizeBytes: 10_000, freesBytes: 5_000 },
      },
      {
        ...{ repository: 'team/app/multi', manifests: 4 },
        sizes: { tags: 2, sizeBytes: 4_000, freesBytes: 4_000 },
      },
    ],
    next: null,
  })
  const [first] = (await repositories('search=MULT')).repositories
  expect(first).toEqual({ repository: 'team/app/multi', manifests: 4, sizes: null })
  const page = await repositories('limit=1')
  expect(page.repositories.map((one) => one.repository)).toEqual(['team/app/api'])
  expect((await repositories(`limit=1&cursor=${page.next}`)).repositories[0]?.repository).toBe(
    'team/app/multi',
  )
})

test('keeps are listed by project', async () => {
  const body = { image: 'ci/team/app/api:v1', why: 'customer X' }
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` }
  const kept = await tallyman.app.inject({ method: 'POST', url: '/v1/expiry/keeps', payload: body, headers })
  expect(kept.statusCode).toBe(201)
  const keepsOf = async (project: string) =>
    (await tallyman.get<{ keeps: object[] }>(`/v1/expiry/keeps?project=${project}`)).keeps
  expect(await keepsOf('ci/team/app')).toEqual([expect.objectContaining(body)])
  expect(await keepsOf('ci/other/app')).toEqual([])
})

test('where an image can be promoted to', async () => {
  const targets = async (image: string, token = ADMIN_TOKEN) => {
    const url = `/v1/promotions/targets?image=${encodeURIComponent(image)}`
    return (await tallyman.app.inject({ url, headers: { authorization: `Bearer ${token}` } })).json()
  }
  expect(await targets('ci/team/app/api:v1')).toEqual({
    rules: [
      {
        ...{ rule: 'releases', registry: 'production', name: 'released/team/app/api:v1', when: 'push' },
        ...{ gates: ['approval'], overwrite: 'never' },
      },
    ],
    registries: ['ci', 'production'],
  })
  expect((await targets('ci/team/app/api:main')).rules).toEqual([])
  expect((await targets(`ci/team/app/api@${digest('1')}`)).rules).toEqual([])
  expect((await targets('nonsense')).status).toBe(400)
  expect((await targets('ci/team/app/api:v1', READ_TOKEN)).status).toBe(403)
})
