import { expect, test } from 'vitest'
import { readImages } from '../../../src/expiry/dialects/images-file.ts'
import { reportOf } from '../../../src/expiry/dialects/report.ts'

const digest = `sha256:${'a'.repeat(64)}`

test('what an image does not say is not known; a tag without a time was set when its image was pushed', () => {
  const { images, project } = readImages({
    project: 'team',
    images: [
      {
        ...{ repository: 'app', digest, pushedAt: '2026-11-01T00:00:00Z' },
        tags: [
          'v1',
          { name: 'v2', taggedAt: '2026-11-02T00:00:00Z' },
          { name: 'v3', taggedAt: null },
          { name: 'v4' },
        ],
      },
      { repository: 'app', digest: `sha256:${'b'.repeat(64)}`, pushedAt: null, uniqueBytes: 7 },
    ],
  })
  expect(project).toBe('team')
  const pushedAt = Date.UTC(2026, 10, 1) * 1000
  expect(images[0]?.tags).toEqual([
    { name: 'v1', taggedAt: pushedAt },
    { name: 'v2', taggedAt: Date.UTC(2026, 10, 2) * 1000 },
    { name: 'v3', taggedAt: null },
    { name: 'v4', taggedAt: pushedAt },
  ])
  expect(images[1]).toEqual({
    ...{ repository: 'app', digest: `sha256:${'b'.repeat(64)}`, tags: [] },
    ...{ pushedAt: null, pulledAt: null, createdAt: null, mediaType: '', labels: {} },
    ...{ children: [], subject: null, immutable: false },
    known: {},
  })
})

test('a time up to 1970 is none', () => {
  const { images } = readImages({
    images: [
      {
        ...{
          repository: 'app',
          digest,
          createdAt: '1970-01-01T00:00:00Z',
          pushedAt: '1970-01-01T00:00:00.000Z',
        },
        ...{ pulledAt: '0001-01-01T00:00:00Z', tags: [{ name: 'v1', taggedAt: '0001-01-01T00:00:00.000Z' }] },
      },
    ],
  })
  expect(images[0]).toMatchObject({
    ...{ createdAt: null, pushedAt: null, pulledAt: null },
    tags: [{ name: 'v1', taggedAt: null }],
  })
})

test('what is null is as if it was left out; a digest is one of the OCI image spec', () => {
  const odd = 'sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564'
  const nothing = {
    ...{ tags: null, children: null, labels: null, mediaType: null, kind: null, subject: null },
    ...{ immutable: null, sizeBytes: null, pushedAt: null, pulledAt: null, createdAt: null },
  }
  expect(readImages({ project: null, images: [{ repository: 'app', digest: odd, ...nothing }] })).toEqual(
    readImages({ images: [{ repository: 'app', digest: odd }] }),
  )
})

test.each([
  [{}, 'images: '],
  [{ images: [{ digest }] }, 'images[0].repository: it is missing'],
  [{ images: [{ repository: 'app', digest: 'latest' }] }, 'images[0].digest: '],
  [
    { images: [{ repository: 'app', digest, pushedAt: 'yesterday' }] },
    'images[0].pushedAt: expected an RFC 3339 time',
  ],
  [{ images: [{ repository: 'app', digest, createdAt: '1969-13-01T00:00:00Z' }] }, 'images[0].createdAt: '],
  [
    { images: [{ repository: 'app', digest, tags: [{ name: 'v1', taggedAt: 'now' }] }] },
    'images[0].tags[0].taggedAt: expected an RFC 3339 time',
  ],
])('%j is refused with the path of what is wrong', (value, message) => {
  expect(() => readImages(value)).toThrow(message)
})

test('a report names tags, and manifests by their digest, in order', () => {
  const { images } = readImages({ images: [{ repository: 'app', digest, tags: ['b', 'a'] }] })
  const [image] = images
  if (image === undefined) throw new Error('no image')
  const verdicts = [
    { image, tag: 'b', isKept: true, reason: 'one' },
    { image, tag: 'a', isKept: true, reason: 'two' },
    { image, isKept: false, reason: 'three' },
  ]
  expect(reportOf({ unit: 'tag' }, { verdicts, warnings: ['careful'] })).toEqual({
    unit: 'tag',
    kept: ['app:a', 'app:b'],
    expired: [`app@${digest}`],
    reasons: { 'app:a': 'two', 'app:b': 'one', [`app@${digest}`]: 'three' },
    warnings: ['careful'],
  })
})
