import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { makeNormalise } from '../../src/events/normalise.ts'
import { makeIsScanner } from '../../src/events/scanners.ts'
import { DELETIONS_KEPT_US, MAX_EVENT_AGE_US } from '../../src/usage/fact.ts'

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
const DOCKER_LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
const OCTETS = 'application/octet-stream'

const isScanner = makeIsScanner({ userAgents: ['*trivy*', 'clair/*'], actors: ['scanner-*'] })
const normaliseAt = makeNormalise({ isScanner, actors: true })
const normalise = (value: unknown) => normaliseAt(value, AT + 1_000_000, AT + 2_000_000)

const digest = (letter: string) => `sha256:${letter.repeat(64)}`
const AT = 1_795_449_746_518_381
const ID = '0ba664f3-2c3f-40bf-88fb-2ceae8f0f75a'

/** An event as distribution 2.8 sends it: it leaves out fields that do not apply. */
function event2(action: string, target: object, rest: object = {}): object {
  return {
    ...{ id: ID, timestamp: '2026-11-23T16:02:26.518381749Z', action, target },
    request: { id: 'r', addr: '127.0.0.1:1', host: 'registry', method: 'PUT', useragent: 'curl/7' },
    actor: {},
    source: { addr: 'vm:5000', instanceID: 'i' },
    ...rest,
  }
}

/** The same event as 3.x sends it: fields that do not apply are `""` or `0`. */
function event3(action: string, target: object, rest: object = {}): object {
  const blank = { mediaType: '', size: 0, digest: '', length: 0, repository: '', url: '', tag: '' }
  return event2(action, { ...blank, ...target }, rest)
}

const manifestUrl = `http://registry/v2/team/app/manifests/${digest('a')}`
const manifest = {
  ...{ mediaType: OCI_MANIFEST, size: 557, length: 557, digest: digest('a'), repository: 'team/app' },
  url: manifestUrl,
  references: [
    { mediaType: 'application/vnd.oci.image.config.v1+json', size: 200, digest: digest('c') },
    { mediaType: DOCKER_LAYER, size: 3000, digest: digest('1') },
  ],
}
const pulled = { repository: 'team/app', at: AT, digest: digest('a'), size: 557, mediaType: OCI_MANIFEST }
const sight = {
  ...pulled,
  references: [
    { kind: 'blob', digest: digest('c'), size: 200 },
    { kind: 'blob', digest: digest('1'), size: 3000 },
  ],
  extent: 'all',
}
const blob = {
  ...{ mediaType: OCTETS, size: 3000, length: 3000, digest: digest('1'), repository: 'team/app' },
  url: `http://registry/v2/team/app/blobs/${digest('1')}`,
}
const link = { kind: 'link', repository: 'team/app', at: AT, digest: digest('1'), size: 3000 }
const get = { request: { method: 'GET', useragent: 'containerd/2' } }
const byUs = { request: { method: 'GET', useragent: 'tallyman' } }
const byTrivy = { request: { method: 'GET', useragent: 'aquasecurity/Trivy 0.57 (linux; amd64)' } }
const renameOf = (event: typeof event2, rename: object) => event('rename', { repository: 'a', rename })
const head = { request: { method: 'HEAD', useragent: 'containerd/2' } }
const app = { repository: 'team/app' }

describe.each([
  ['distribution 2.8', event2],
  ['distribution 3.x', event3],
])('as %s spells it', (_, event) => {
  test.each([
    [
      'push of a manifest by tag',
      event('push', { ...manifest, tag: 'v1' }),
      { kind: 'push', tag: 'v1', ...sight },
    ],
    ['push of a manifest by digest', event('push', manifest), { kind: 'push', ...sight }],
    [
      'pull by tag',
      event('pull', { ...manifest, tag: 'v1' }, get),
      { kind: 'pull', id: ID, tag: 'v1', ...pulled },
    ],
    ['pull by digest', event('pull', manifest, get), { kind: 'pull', id: ID, ...pulled }],
    [
      'HEAD of a manifest by tag',
      event('pull', { ...manifest, tag: 'v1' }, head),
      { kind: 'present', via: 'pull', tag: 'v1', ...pulled },
    ],
    [
      'HEAD of a manifest by digest',
      event('pull', manifest, head),
      { kind: 'present', via: 'pull', ...pulled },
    ],
    ['push of a blob', event('push', blob), link],
    ['mount', event('mount', { ...blob, fromRepository: 'team/base' }), link],
    [
      'delete of a digest',
      event('delete', { ...app, digest: digest('a') }),
      { kind: 'delete', ...app, at: AT, digest: digest('a') },
    ],
    ['delete of a tag', event('delete', { ...app, tag: 'v1' }), { kind: 'untag', ...app, at: AT, tag: 'v1' }],
    ['delete of a repository', event('delete', app), { kind: 'drop', ...app, at: AT }],
    [
      "delete of a blob, in the shape of a manifest's",
      event('delete', { ...app, digest: digest('1') }),
      { kind: 'delete', ...app, at: AT, digest: digest('1') },
    ],
    [
      'delete of a digest that names its tag too, which goes with it',
      event('delete', { ...app, digest: digest('a'), tag: 'v1' }),
      { kind: 'delete', ...app, at: AT, digest: digest('a') },
    ],
    [
      'pull by a scanner, by its user agent',
      event('pull', { ...manifest, tag: 'v1' }, byTrivy),
      { kind: 'scan', ...app, at: AT, id: ID },
    ],
    [
      'pull by a scanner, by its login',
      event('pull', manifest, { ...get, actor: { name: 'scanner-7' } }),
      { kind: 'scan', ...app, at: AT, id: ID },
    ],
    ["a scanner's push", event('push', manifest, byTrivy), { kind: 'push', ...sight }],
    [
      'what a manifest was mounted for',
      event('mount', manifest),
      { ...link, digest: digest('a'), size: 557 },
    ],
  ])('%s', (__, given, fact) => {
    expect(normalise(given)).toEqual({ fact })
  })

  test.each([
    ['HEAD of a blob', event('pull', blob, head), 'pull of a blob'],
    [
      'HEAD of a manifest by Tallyman',
      event('pull', manifest, { request: { ...byUs.request, method: 'HEAD' } }),
      'pull by Tallyman',
    ],
    ['GET of a blob', event('pull', blob, get), 'pull of a blob'],
    ['GET by Tallyman', event('pull', manifest, byUs), 'pull by Tallyman'],
    [
      'HEAD of a manifest by a scanner',
      event('pull', manifest, { request: { ...byTrivy.request, method: 'HEAD' } }),
      'HEAD by a scanner',
    ],
    ['GET of a blob by a scanner', event('pull', blob, byTrivy), 'pull of a blob'],
    ['a rename to the same name', renameOf(event, { type: 'name', from: 'a/b', to: 'a/b' }), 'same name'],
  ])('%s says nothing', (__, given, ignored) => {
    expect(normalise(given)).toEqual({ ignored: expect.stringContaining(ignored) })
  })

  test.each([
    ['an action that is not known', event('scan', manifest), 'action "scan"'],
    ['a rename of nothing', event('rename', app), 'rename of type ""'],
    [
      'a rename of another type',
      renameOf(event, { type: 'tag', from: 'a', to: 'b' }),
      'rename of type "tag"',
    ],
    ['a rename from nowhere', renameOf(event, { type: 'name', to: 'b' }), 'rename from ""'],
    ['a rename from a bad name', renameOf(event, { type: 'name', from: '../a', to: 'b' }), 'from "../a"'],
    ['a rename to nowhere', renameOf(event, { type: 'name', from: 'a', to: '' }), 'rename to ""'],
    ['a rename to a bad name', renameOf(event, { type: 'namespace', from: 'a', to: 'A/b' }), 'to "A/b"'],
    ['a rename into itself', renameOf(event, { type: 'name', from: 'a', to: 'a/b' }), 'below the other'],
    ['a rename out of itself', renameOf(event, { type: 'name', from: 'a/b', to: 'a' }), 'below the other'],
    ['a rename that is no object', event('rename', { rename: 'a to b' }), '/target/rename'],
    ['no action', event('', manifest), 'action ""'],
    ['no repository', event('push', { ...manifest, repository: '' }), 'repository ""'],
    ['a bad repository', event('push', { ...manifest, repository: 'Team/App' }), 'repository "Team/App"'],
    ['a path for a repository', event('delete', { repository: '../etc' }), 'repository "../etc"'],
    ['a bad digest', event('delete', { ...app, digest: 'sha256:abc' }), 'digest "sha256:abc"'],
    ['an unknown algorithm', event('push', { ...manifest, digest: 'md5:00' }), 'digest "md5:00"'],
    ['a bad tag', event('push', { ...manifest, tag: 'a b' }), 'tag "a b"'],
    ['a tag that begins with a dot', event('delete', { ...app, tag: '.x' }), 'tag ".x"'],
    ['a push without a digest', event('push', { ...manifest, digest: '' }), 'push without a digest'],
    ['a pull without a digest', event('pull', { ...app, tag: 'v1' }, get), 'pull without a digest'],
    ['a mount without a digest', event('mount', app), 'mount without a digest'],
    ['no time', event('push', manifest, { timestamp: '' }), 'timestamp ""'],
    [
      'a time before all times',
      event('push', manifest, { timestamp: '0001-01-01T00:00:00Z' }),
      'timestamp "0001',
    ],
    ['a negative size', event('push', { ...manifest, size: -1 }), '/target/size'],
    ['a size in pieces', event('push', { ...manifest, size: 1.5 }), '/target/size'],
    ['a digest that is no text', event('delete', { ...app, digest: 7 }), '/target/digest'],
    ['references that are no list', event('push', { ...manifest, references: {} }), '/target/references'],
    ['no target', event2('push', manifest, { target: undefined }), 'target'],
    ['no id', event('pull', manifest, { id: '' }), '/id'],
    ['something that is no event', 'hello', 'event'],
    ['null', null, 'event'],
  ])('%s is unclear, and the message names it', (__, given, named) => {
    expect(normalise(given)).toEqual({ unclear: expect.stringContaining(named) })
  })
})

describe('the kind of content', () => {
  test.each([
    ['application/vnd.docker.distribution.manifest.v2+json'],
    ['application/vnd.docker.distribution.manifest.list.v2+json'],
    ['application/vnd.docker.distribution.manifest.v1+prettyjws'],
    [OCI_INDEX],
  ])('%s is a manifest, also without a URL', (mediaType) => {
    expect(normalise(event2('push', { ...manifest, mediaType, url: undefined }))).toMatchObject({
      fact: { kind: 'push', mediaType },
    })
  })

  test('content of an unknown type is a manifest if its URL says so', () => {
    expect(normalise(event2('push', { ...manifest, mediaType: 'application/x' }))).toMatchObject({
      fact: { kind: 'push', mediaType: 'application/x' },
    })
    expect(normalise(event2('push', { ...manifest, mediaType: undefined }))).toMatchObject({
      fact: { kind: 'push', mediaType: '' },
    })
  })

  test('a blob of a repository called manifests is a blob', () => {
    const repository = 'team/manifests/app'
    const url = `http://registry/v2/${repository}/blobs/${digest('1')}`
    const target = { ...blob, repository, url }
    expect(normalise(event2('push', target))).toEqual({ fact: { ...link, repository } })
    expect(normalise(event2('pull', target, get))).toEqual({ ignored: 'pull of a blob' })
  })

  test('a blob that looks like a manifest, mounted, is a blob', () => {
    expect(normalise(event2('mount', manifest))).toMatchObject({ fact: { kind: 'link' } })
  })
})

describe('values that are not believable or too large for the index', () => {
  const S = 1_000_000
  const DAY = 86_400 * S
  const push = event2('push', manifest)
  const listing = (references: object[], size = 500) =>
    normalise(event2('push', { ...manifest, size, references }))
  const layers = (count: number, size: number) =>
    Array.from({ length: count }, () => ({ mediaType: DOCKER_LAYER, size, digest: digest('1') }))

  test.each([
    ['5 minutes ahead', AT - 300 * S, 'fact'],
    ['further ahead', AT - 300 * S - 1, 'unclear'],
    ['received never', 0, 'unclear'],
  ])('a timestamp %s', (_, receivedAt, outcome) => {
    expect(Object.keys(normaliseAt(push, receivedAt, AT))).toEqual([outcome])
  })

  test.each([
    ['30 days old', MAX_EVENT_AGE_US, 'fact'],
    ['older', MAX_EVENT_AGE_US + 1, 'unclear'],
  ])('an event that is %s when it is applied, however soon it was received', (_, age, outcome) => {
    expect(Object.keys(normaliseAt(push, AT, AT + age))).toEqual([outcome])
  })

  test('a deletion is remembered for longer than any event that it may precede is applied', () => {
    expect(DELETIONS_KEPT_US).toBeGreaterThan(MAX_EVENT_AGE_US)
  })

  test('the reason says in which direction a timestamp is off, and from what', () => {
    const at = (time: number) => normaliseAt(push, time, time)
    expect(at(AT - DAY)).toEqual({ unclear: expect.stringMatching(/5 minutes after .*2026-11-22T16:02:26/) })
    expect(at(AT + 31 * DAY)).toEqual({ unclear: expect.stringContaining('30 days before') })
    const rename = renameOf(event2, { type: 'name', from: 'a/b', to: 'a/c' })
    expect(normaliseAt(rename, AT - DAY, AT - DAY)).toHaveProperty('unclear')
  })

  test('sizes', () => {
    expect(listing(layers(1, 1), 2 ** 40 - 1)).toHaveProperty('fact')
    expect(listing(layers(1, 1), 2 ** 40)).toEqual({ unclear: expect.stringContaining('/target/size') })
    expect(listing(layers(1, 2 ** 40))).toEqual({ unclear: expect.stringContaining('/target/references/0') })
    expect(listing(layers(129, 2 ** 40 - 1))).toEqual({ unclear: expect.stringContaining('2^47') })
    expect(listing(layers(128, 2 ** 40 - 1))).toHaveProperty('fact')
  })

  test('the number of references', () => {
    expect(listing(layers(40_000, 1))).toHaveProperty('fact')
    expect(listing(layers(40_001, 1))).toEqual({ unclear: expect.stringContaining('40001 references') })
  })

  test('an id whose 128 characters are many more bytes', () => {
    const pull = (id: string) => normalise(event2('pull', manifest, { ...get, id }))
    expect(pull('e'.repeat(128))).toHaveProperty('fact')
    expect(pull('\u{1f433}'.repeat(128))).toEqual({ unclear: expect.stringContaining('255 bytes') })
  })
})

describe('a reason quotes at most one line', () => {
  const long = 'x'.repeat(10_000_000)
  const rename = (parts: object) => renameOf(event2, { type: 'name', from: 'a/b', to: 'a/c', ...parts })
  test.each([
    ['a timestamp', event2('push', manifest, { timestamp: long })],
    ['an action', event2(long, manifest)],
    ['a repository', event2('push', { ...manifest, repository: long })],
    ['a digest', event2('push', { ...manifest, digest: long })],
    ['a tag', event2('push', { ...manifest, tag: long })],
    ['the type of a rename', rename({ type: long })],
    ['its origin', rename({ from: long })],
    ['its destination', rename({ to: long })],
  ])('%s', (_, event) => {
    const result = normalise(event)
    const reason = 'unclear' in result ? result.unclear : ''
    expect(reason).toContain('x… (10000000 characters)')
    expect(reason.length).toBeLessThan(400)
  })

  test('a quote never ends with half a character', () => {
    const result = normalise(event2('push', { ...manifest, tag: `${'x'.repeat(254)}\u{1f433}` }))
    expect('unclear' in result && result.unclear.isWellFormed()).toBe(true)
  })
})

describe('size', () => {
  test.each([
    [{ size: 557, length: undefined }, 557],
    [{ size: undefined, length: 557 }, 557],
    [{ size: 0, length: 557 }, 557],
    [{ size: undefined, length: undefined }, 0],
  ])('%j is %d bytes', (sizes, size) => {
    expect(normalise(event2('push', { ...manifest, ...sizes }))).toMatchObject({ fact: { size } })
  })
})

test('of a list with a wrong item, only the items up to that are looked at', () => {
  const trap = () => ({
    get digest(): string {
      throw new Error('looked at')
    },
  })
  const right = { digest: digest('1') }
  const problem = (references: unknown[]) => normalise(event2('push', { ...manifest, references }))
  expect(problem([right, 1, trap()])).toEqual({ unclear: '/target/references/1 must be object' })
  expect(problem([right, { urls: [] }, trap()])).toEqual({
    unclear: '/target/references/1 must have required properties digest',
  })
  expect(problem([right, { ...right, size: 'x' }, trap()])).toEqual({
    unclear: '/target/references/1/size must be integer',
  })
  expect(problem([{ ...right, urls: ['x', 1, 2] }, trap()])).toEqual({
    unclear: '/target/references/0/urls/1 must be string',
  })
  expect(problem(Array(3).fill(right))).toHaveProperty('fact')
  const wrongBeside = event2('push', { ...manifest, references: [right], tag: 1 })
  expect(normalise(wrongBeside)).toEqual({ unclear: '/target/tag must be string' })
})

describe('references', () => {
  const referencesOf = (references: unknown) => {
    const result = normalise(event2('push', { ...manifest, mediaType: OCI_INDEX, references }))
    return 'fact' in result && result.fact.kind === 'push' ? result.fact.references : result
  }

  test('an absent list, null and an empty list all mean unknown: Go leaves an empty list out', () => {
    for (const none of [undefined, null, []]) expect(referencesOf(none)).toBeUndefined()
  })

  const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
  test('a layer of a foreign type is in the registry unless it has URLs', () => {
    const layer = { mediaType: foreign, size: 9, digest: digest('1') }
    expect(referencesOf([layer])).toEqual([{ kind: 'blob', digest: digest('1'), size: 9 }])
    expect(referencesOf([{ ...layer, urls: ['https://example.com/layer'] }])).toEqual([])
  })

  const config = (mediaType: string) => ({ mediaType, size: 200, digest: digest('c') })
  const layer = { mediaType: DOCKER_LAYER, size: 3000, digest: digest('1') }
  const child = { mediaType: OCI_MANIFEST, size: 500, digest: digest('2') }
  const docker = 'application/vnd.docker.distribution.manifest'
  test.each([
    [
      "Docker's image",
      `${docker}.v2+json`,
      [config('application/vnd.docker.container.image.v1+json'), layer],
      'all',
    ],
    ["Docker's list", `${docker}.list.v2+json`, [child], 'all'],
    ["Docker's first schema", `${docker}.v1+prettyjws`, [layer], 'all'],
    ["OCI's image", OCI_MANIFEST, [config('application/vnd.oci.image.config.v1+json'), layer], 'all'],
    [
      "OCI's image with Docker's config",
      OCI_MANIFEST,
      [config('application/vnd.docker.container.image.v1+json'), layer],
      'all',
    ],
    ['an artifact', OCI_MANIFEST, [config('application/vnd.oci.empty.v1+json'), layer], 'contents'],
    ['a signature', OCI_MANIFEST, [config('application/vnd.cncf.notary.signature'), layer], 'contents'],
    ['an OCI index', OCI_INDEX, [child], 'contents'],
    [
      "Docker's image with a layer that has URLs",
      `${docker}.v2+json`,
      [
        config('application/vnd.docker.container.image.v1+json'),
        { ...layer, urls: ['https://example.com/layer'] },
      ],
      'contents',
    ],
    [
      "Docker's image with a layer named by its SHA-512",
      `${docker}.v2+json`,
      [
        config('application/vnd.docker.container.image.v1+json'),
        { ...layer, digest: `sha512:${'1'.repeat(128)}` },
      ],
      'contents',
    ],
    [
      'a type that is not known',
      'application/x',
      [config('application/vnd.oci.image.config.v1+json')],
      'contents',
    ],
  ])('of %s they go as far as they can be known', (_, mediaType, references, extent) => {
    expect(normalise(event2('push', { ...manifest, mediaType, references }))).toMatchObject({
      fact: { extent },
    })
  })

  test('an index references children, a BuildKit cache layers', () => {
    const child = { mediaType: OCI_MANIFEST, size: 557, digest: digest('2') }
    const nested = { mediaType: OCI_INDEX, size: 300, digest: digest('3') }
    const cached = { mediaType: DOCKER_LAYER, size: 9000, digest: digest('4') }
    const config = { mediaType: 'application/vnd.buildkit.cacheconfig.v0', size: 70, digest: digest('5') }
    expect(referencesOf([child, nested, cached, config])).toEqual([
      { kind: 'child', digest: digest('2'), size: 557 },
      { kind: 'child', digest: digest('3'), size: 300 },
      { kind: 'blob', digest: digest('4'), size: 9000 },
      { kind: 'blob', digest: digest('5'), size: 70 },
    ])
  })

  test.each([
    ['layers with URLs', { mediaType: DOCKER_LAYER, urls: ['https://example.com/layer'] }],
    ['what has no valid digest', { digest: 'sha256:short' }],
  ])('%s are left out until the registry is asked', (_, reference) => {
    const stored = { mediaType: DOCKER_LAYER, size: 1, digest: digest('2') }
    expect(referencesOf([{ ...stored, ...reference }, stored])).toEqual([
      { kind: 'blob', digest: digest('2'), size: 1 },
    ])
  })

  test('a reference without URLs and size', () => {
    const reference = { mediaType: DOCKER_LAYER, digest: digest('2') }
    const expected = [{ kind: 'blob', digest: digest('2'), size: 0 }]
    expect(referencesOf([{ ...reference, urls: null }])).toEqual(expected)
    expect(referencesOf([{ ...reference, urls: [] }])).toEqual(expected)
  })
})

describe("GitLab's registry", () => {
  /** As merge request 1869 of gitlab-org/container-registry shows it; it leaves out fields that do not apply. */
  const gitlab = (target: object, rest: object = {}) =>
    event2('rename', target, {
      request: {
        id: 'r',
        addr: '127.0.0.1:1',
        host: 'registry',
        method: 'PATCH',
        useragent: 'Go-http-client/1.1',
      },
      actor: { name: 'test-user', user_type: 'gitlab_test', user: 'user-jwt' },
      source: { addr: 'c13aa3fb836c' },
      ...rest,
    })

  test.each([
    ['name', 'foo/bar/project', 'foo/bar/renamed'],
    ['namespace', 'foo/foo/project', 'foo/bar/project'],
  ])('renames by %s', (type, from, to) => {
    const target = { rename: { type, from, to }, repository: from }
    expect(normalise(gitlab(target))).toEqual({ rename: { from, to, at: AT } })
    // The path of a namespace need not be a repository itself.
    expect(normalise(gitlab({ rename: { type, from, to } }))).toEqual({ rename: { from, to, at: AT } })
  })

  test('sends extra fields with pulls, which are ignored', () => {
    const meta = { blob: { storage_backend: 'gcs', redirected: false } }
    const actor = { name: 'gitlab-ci-token', user_type: 'build', user: 'jwt' }
    expect(normalise(event2('pull', manifest, { ...get, actor, meta }))).toEqual({
      fact: { kind: 'pull', id: ID, ...pulled },
    })
    expect(normalise(event2('pull', blob, { ...get, actor, meta }))).toEqual({ ignored: 'pull of a blob' })
  })
})

describe('who pushed', () => {
  const tagged = { ...manifest, tag: 'v1' }
  const actorIn = (event: object, toFact = normaliseAt) => {
    const result = toFact(event, AT + 1_000_000, AT + 2_000_000)
    return 'fact' in result && 'actor' in result.fact ? result.fact.actor : undefined
  }

  test('is the login name, and of GitLab never the token', () => {
    expect(actorIn(event2('push', tagged, { actor: { name: 'ann' } }))).toBe('ann')
    const gitlab = { name: 'ann', user_type: 'gitlab_or_ldap', user: 'eyJhbGciOi' }
    const result = normalise(event2('push', tagged, { actor: gitlab }))
    expect(result).toMatchObject({ fact: { actor: 'ann' } })
    expect(JSON.stringify(result)).not.toContain('eyJ')
  })

  test.each([
    ['nobody logged in', {}],
    ['no actor is told', undefined],
    ['the name is empty', { name: '' }],
    ['the name has a line break', { name: 'ann\nci/other is OVER its quota' }],
    ['the name has a mark that turns the direction of text', { name: 'ann\u202Ebob' }],
    ['the name has half a character', { name: 'ann\ud800' }],
  ])('is not known if %s', (_, actor) => {
    expect(actorIn(event2('push', tagged, { actor }))).toBeUndefined()
  })

  test('is not told of a pull or a HEAD', () => {
    const by = { actor: { name: 'ann' } }
    expect(actorIn(event2('pull', tagged, { ...get, ...by }))).toBeUndefined()
    expect(actorIn(event2('pull', tagged, { ...head, ...by }))).toBeUndefined()
  })

  test('is not told if the configuration says so', () => {
    const without = makeNormalise({ isScanner, actors: false })
    expect(actorIn(event2('push', tagged, { actor: { name: 'ann' } }), without)).toBeUndefined()
  })
})

describe('any input', () => {
  const outcome = (value: unknown) => Object.keys(normalise(value))

  test('any JSON value has exactly one outcome', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(outcome(value)).toEqual(['unclear'])
      }),
    )
  })

  /** A good event with one of its values, at any depth, replaced by any JSON value. */
  const anyDamaged = fc
    .record({
      event: fc.constantFrom(
        ...[event2('push', { ...manifest, tag: 'v1' }), event3('pull', manifest, get)],
        ...[event2('delete', { ...app, digest: digest('a') }), event2('mount', blob)],
        renameOf(event2, { type: 'name', from: 'a/b', to: 'a/c' }),
      ),
      at: fc.nat(),
      value: fc.oneof(fc.jsonValue(), fc.constantFrom('', 0, -1, 2 ** 53, null, [], {}, '\0', 'v1')),
    })
    .map(({ event, at, value }) => {
      const copy = structuredClone(event)
      const places: { holder: object; key: string }[] = []
      const walk = (holder: object) => {
        for (const [key, inner] of Object.entries(holder)) {
          places.push({ holder, key })
          if (typeof inner === 'object' && inner !== null) walk(inner)
        }
      }
      walk(copy)
      const place = places[at % places.length]
      if (place) Object.assign(place.holder, { [place.key]: value })
      return copy
    })

  test('a damaged event never throws, and a fact made of it can be indexed', () => {
    let facts = 0
    fc.assert(
      fc.property(anyDamaged, (value) => {
        expect(outcome(value)).toHaveLength(1)
        const result = normalise(value)
        if (!('fact' in result)) return
        facts += 1
        const { fact } = result
        expect(fact.at).toBeGreaterThan(0)
        expect(Number.isSafeInteger(fact.at)).toBe(true)
        expect(fact.repository).toMatch(/^[a-z0-9]/)
        if ('size' in fact) expect(fact.size).toBeLessThan(2 ** 40)
        if ('references' in fact)
          for (const { size } of fact.references ?? []) expect(size).toBeLessThan(2 ** 40)
      }),
      { numRuns: 3000 },
    )
    expect(facts).toBeGreaterThan(100)
  })
})

test('a ping, which Azure sends to try an endpoint, says nothing, whatever else it holds', () => {
  for (const more of [{}, { target: {} }, { target: null }, { target: { repository: '' } }])
    expect(normalise({ id: ID, timestamp: '2026-11-23T16:02:26Z', action: 'ping', ...more })).toEqual({
      ignored: 'ping',
    })
})
