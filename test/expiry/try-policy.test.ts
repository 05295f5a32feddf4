import { describe, expect, test } from 'vitest'
import { digest } from '../../lab/images.ts'
import { readPolicy } from '../../src/config/read-policy.ts'
import { readImages } from '../../src/expiry/dialects/images-file.ts'
import { tryPolicy } from '../../src/expiry/try-policy.ts'

const NOW = Date.parse('2026-11-26T12:00:00Z')
const ago = (days: number) => new Date(NOW - days * 86_400_000).toISOString()
const image = (name: string, tags: string[], pushed: number | null, more: object = {}) => ({
  ...{ repository: 'team/app', digest: digest(name), tags, pushedAt: pushed === null ? null : ago(pushed) },
  ...more,
})

async function attempt(rules: object[], images: object[], more: { policy?: object; file?: object } = {}) {
  const read = await readPolicy({ rules, ...more.policy })
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  const { match, ...policy } = read.policy
  return tryPolicy({ ...policy, ...match }, readImages({ images, ...more.file }), NOW * 1000)
}
const OLD = { tag: 'pr-*', olderThan: '14d', expire: true }

test('each tag has a verdict with its reason, and untagged images have theirs by digest', async () => {
  const report = await attempt(
    [{ tag: 'v*', keep: true }, OLD, { tagged: false, olderThan: '7d', expire: true }],
    [image('a', ['pr-1'], 20), image('b', ['pr-2'], 3), image('c', ['v1', 'pr-3'], 20), image('d', [], 9)],
  )
  expect(report).toEqual({
    unit: 'tag',
    expired: ['team/app:pr-1', 'team/app:pr-3', `team/app@${digest('d')}`],
    kept: ['team/app:pr-2', 'team/app:v1'],
    reasons: {
      'team/app:pr-1': 'it is 20 days old',
      'team/app:pr-2': 'it is 3 days old, not over 14 days',
      'team/app:pr-3': expect.stringMatching(/^tag pr-3: it is 20 days old; it stays for the tag v1: /),
      'team/app:v1': expect.stringMatching(/^tag pr-3: it is 20 days old; it stays for the tag v1: /),
      [`team/app@${digest('d')}`]: 'it is 9 days old',
    },
    warnings: [],
  })
})

describe('a time that is not known keeps', () => {
  test.each([
    ['the push of the image', image('a', ['pr-1'], null)],
    ['the time of the tag', image('a', [], 30, { tags: [{ name: 'pr-1', taggedAt: null }] })],
    [
      'the push of the image, though the tag has one',
      image('a', [], null, { tags: [{ name: 'pr-1', taggedAt: ago(30) }] }),
    ],
    ['the push of an image that says when it was built', image('a', ['pr-1'], null, { createdAt: ago(300) })],
  ])('%s', async (_, unknown) => {
    const { expired, reasons } = await attempt([OLD], [unknown])
    expect(expired).toEqual([])
    expect(reasons['team/app:pr-1']).toContain('its age is not known')
  })

  test('and may be among the newest, so that no other is outnumbered by it', async () => {
    const rules = [
      { tag: '*', keep: { newest: 1 } },
      { tag: '*', expire: true },
    ]
    const { kept } = await attempt(rules, [
      image('a', ['pr-1'], null),
      image('b', ['pr-2'], 3),
      image('c', ['pr-3'], 5),
    ])
    expect(kept).toEqual(['team/app:pr-1', 'team/app:pr-2'])
  })

  test('but a part of an index that is not in the file is no part', async () => {
    const { expired } = await attempt([OLD], [image('a', ['pr-1'], 30, { children: [digest('gone')] })])
    expect(expired).toEqual(['team/app:pr-1'])
  })
})

test('a tag has its own time, and an age that is that of the build can be distrusted', async () => {
  const tagged = image('a', [], 30, { tags: [{ name: 'pr-1', taggedAt: ago(2) }] })
  expect((await attempt([OLD], [tagged])).reasons['team/app:pr-1']).toBe('it is 2 days old, not over 14 days')
  const built = image('a', ['pr-1'], 30, { createdAt: ago(30) })
  expect((await attempt([OLD], [built])).reasons['team/app:pr-1']).toBe('it was built 30 days ago')
  const { kept } = await attempt([{ ...OLD, olderThan: '31d', trust: ['event'] }], [built])
  expect(kept).toEqual(['team/app:pr-1'])
})

describe('use', () => {
  const rules = [{ tag: '*', notUsedFor: '20d', expire: true }]
  const images = [
    image('a', ['never'], 30),
    image('b', ['used'], 30, { pulledAt: ago(3) }),
    image('c', ['unused'], 60, { pulledAt: ago(25) }),
    image('d', ['ancient'], 100),
  ]

  test('alone expires nothing younger than 90 days, and the report says so', async () => {
    const { expired, warnings } = await attempt(rules, images)
    expect(expired).toEqual(['team/app:ancient'])
    expect(warnings).toEqual([expect.stringContaining('"pulls": "complete"')])
  })

  test('is that of the file if this says that all pulls are known', async () => {
    const { expired, kept, warnings } = await attempt(rules, images, { file: { pulls: 'complete' } })
    expect(expired).toEqual(['team/app:ancient', 'team/app:never', 'team/app:unused'])
    expect(kept).toEqual(['team/app:used'])
    expect(warnings).toEqual([])
  })
})

test('children and signatures go and stay as in a plan', async () => {
  const family = (name: string, tag: string, days: number) => [
    image(name, [tag], days, { children: [digest(`${name} amd64`)] }),
    image(`${name} amd64`, [], days),
    image(`${name} signature`, [], days, { subject: digest(name) }),
    image(`${name} cosign`, [`${digest(name).replace(':', '-')}.sig`], days),
  ]
  const rules = [OLD, { tagged: false, expire: true }]
  const { expired, kept } = await attempt(rules, [...family('old', 'pr-1', 30), ...family('new', 'pr-2', 3)])
  const of = (name: string, tag: string) =>
    [
      `team/app:${tag}`,
      `team/app:${digest(name).replace(':', '-')}.sig`,
      `team/app@${digest(`${name} amd64`)}`,
      `team/app@${digest(`${name} signature`)}`,
    ].sort()
  expect(expired).toEqual(of('old', 'pr-1'))
  expect(kept).toEqual(of('new', 'pr-2'))
})

describe('what the file may lack', () => {
  test.each([
    [{ kind: 'buildkit-cache' }, { kind: 'buildkit-cache' }, true],
    [{ kind: 'buildkit-cache' }, { kind: 'image' }, false],
    [{ kind: 'image' }, {}, false],
    [{ mediaType: '*docker*' }, { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }, true],
    [{ mediaType: '*' }, {}, false],
    [{ label: { team: 'a' } }, { labels: { team: 'a' } }, true],
    [{ label: { team: 'a' } }, {}, false],
    [{ label: { team: 'a' }, kind: 'image' }, { labels: { team: 'a' } }, false],
    [{ largerThan: '1KiB' }, { sizeBytes: 2_000 }, true],
    [{ largerThan: '1KiB' }, { sizeBytes: 1_000 }, false],
    [{ smallerThan: '1KiB' }, { sizeBytes: 1_000 }, true],
    [{ smallerThan: '1KiB' }, {}, false],
    [{ artifactType: '*' }, { kind: 'helm' }, false],
    [{ annotation: { a: '*' } }, { kind: 'helm', labels: { a: 'b' } }, false],
    [{ pushedBy: '*' }, { kind: 'helm' }, false],
  ])('%j and an image with %j: expires %j', async (condition, known, expires) => {
    const { expired } = await attempt(
      [{ tag: '*', ...condition, expire: true }],
      [image('a', ['t'], 30, known)],
    )
    expect(expired).toEqual(expires ? ['team/app:t'] : [])
  })

  test('the size of an index is that of the whole, each content once', async () => {
    const images = [
      image('index', ['t'], 30, { sizeBytes: 1_500, children: [digest('x'), digest('y')] }),
      image('x', [], 30, { sizeBytes: 1_000 }),
      image('y', [], 30, { sizeBytes: 1_000 }),
    ]
    const expiredBy = async (rule: object) =>
      (await attempt([{ tag: '*', ...rule, expire: true }], images)).expired
    expect(await expiredBy({ largerThan: '1600B' })).toEqual([])
    expect(await expiredBy({ largerThan: '1400B' })).toContain('team/app:t')
  })
})

test('an eviction is left out, with a warning', async () => {
  const { kept, warnings } = await attempt([OLD], [image('a', ['main'], 30)], { policy: { evict: {} } })
  expect(kept).toEqual(['team/app:main'])
  expect(warnings).toEqual([expect.stringMatching(/^evict is left out: /)])
})

test('images that the policy is not about stay, and so do those whose tags the registry does not change', async () => {
  const images = [
    image('a', ['pr-1'], 30),
    { ...image('b', ['pr-1'], 30), repository: 'team/web' },
    image('c', ['pr-3'], 30, { immutable: true }),
  ]
  const policy = { match: { registry: 'ci', repository: 'team/app' } }
  const { expired, reasons } = await attempt([OLD], images, { policy })
  expect(expired).toEqual(['team/app:pr-1'])
  expect(reasons).toMatchObject({
    'team/web:pr-1': 'the policy is not about its repository',
    'team/app:pr-3': 'the registry refuses to change it',
  })
})
