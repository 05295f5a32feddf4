import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeBlob,
  decodeManifest,
  decodeRepository,
  decodeTag,
  decodeTombstone,
  digestBytes,
  digestKey,
  digestText,
} from '../../src/usage/codec.ts'
import { encodeFacts } from '../../src/usage/encode-facts.ts'
import type { Fact, Reference } from '../../src/usage/fact.ts'

/** Packs records by hand, with the layout in the header of src/usage/scripts/project.lua. */
const uint = (value: number, bytes: number): Buffer =>
  Buffer.from(
    BigInt(value)
      .toString(16)
      .padStart(bytes * 2, '0'),
    'hex',
  )
/** `L` in the header: a length and that many bytes. */
const sized = (bytes: Buffer): Buffer => Buffer.concat([uint(bytes.length, 1), bytes])
const hex = (text: string) => Buffer.from(text, 'hex')

const AT = 1_795_449_746_518_381
const LATEST = Number.MAX_SAFE_INTEGER
const HEX = '00112233445566778899aabbccddeeff'.repeat(2)

function manifestRecord(options: {
  rest: Buffer
  type: number
  size: number
  contentsSize: number
  extent: 0 | 1 | 2
  blobs: string[]
  children: string[]
  subjects: string[]
  images: {
    repositoryId: number
    pushedAt: number
    pulledAt: number
    referencesAt: number
    tags: { name: string; taggedAt: number }[]
  }[]
}): Buffer {
  const { rest, type, size, contentsSize, extent, blobs, children, subjects, images } = options
  return Buffer.concat([
    ...[sized(rest), uint(type, 1), uint(size, 5), uint(contentsSize, 7), uint(extent, 1)],
    ...[uint(blobs.length, 2), uint(children.length, 2), uint(subjects.length, 1)],
    ...[...blobs, ...children, ...subjects].map(hex),
    ...images.flatMap(({ repositoryId, pushedAt, pulledAt, referencesAt, tags }) => [
      ...[uint(repositoryId, 4), uint(pushedAt, 7), uint(pulledAt, 7), uint(referencesAt, 7)],
      uint(tags.length, 2),
      ...tags.flatMap(({ name, taggedAt }) => [uint(taggedAt, 7), sized(Buffer.from(name))]),
    ]),
  ])
}

describe('a manifest record', () => {
  const whole = {
    rest: hex(HEX.slice(32)),
    type: 2,
    size: 491,
    contentsSize: 5_000_000_000_000,
    extent: 2 as const,
    blobs: ['bb'.repeat(16)],
    children: ['aa'.repeat(16)],
    subjects: ['cc'.repeat(16)],
    images: [
      {
        repositoryId: 1,
        pushedAt: AT,
        pulledAt: 0,
        referencesAt: AT - 1,
        tags: [
          { name: 'v1', taggedAt: AT },
          { name: 'latest', taggedAt: LATEST },
        ],
      },
      { repositoryId: 4_000_000_000, pushedAt: 0, pulledAt: LATEST, referencesAt: 0, tags: [] },
    ],
  }

  test('is read field by field', () => {
    expect(decodeManifest(hex(HEX.slice(0, 32)), manifestRecord(whole))).toEqual({
      digest: `sha256:${HEX}`,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      size: 491,
      totalSize: 5_000_000_000_491,
      references: [
        { kind: 'blob', key: 'bb'.repeat(16) },
        { kind: 'child', key: 'aa'.repeat(16) },
        { kind: 'subject', key: 'cc'.repeat(16) },
      ],
      extent: 'all',
      images: whole.images,
    })
  })

  test('with no references differs from one whose references are not known', () => {
    const none = { blobs: [], children: [], subjects: [] }
    const read = (extent: 0 | 1) =>
      decodeManifest(hex(HEX.slice(0, 32)), manifestRecord({ ...whole, ...none, extent }))
    expect([read(1).references, read(1).extent]).toEqual([[], 'contents'])
    expect(read(0).references).toBeUndefined()
  })

  test.each([
    [0, 'application/octet-stream'],
    [1, 'application/vnd.oci.image.manifest.v1+json'],
    [3, 'application/vnd.docker.distribution.manifest.v2+json'],
    [4, 'application/vnd.docker.distribution.manifest.list.v2+json'],
    [200, 'application/octet-stream'],
  ])('with type code %d is %s', (type, mediaType) => {
    const record = manifestRecord({ ...whole, type })
    expect(decodeManifest(hex(HEX.slice(0, 32)), record).mediaType).toBe(mediaType)
  })

  const anyInstant = fc.integer({ min: 0, max: LATEST })
  const anyTag = fc.record({ name: fc.stringMatching(/^\w[\w.-]{0,127}$/), taggedAt: anyInstant })
  const anyImage = fc.record({
    repositoryId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    pushedAt: anyInstant,
    pulledAt: anyInstant,
    referencesAt: anyInstant,
    tags: fc.array(anyTag, { maxLength: 3 }),
  })
  const keys = (maxLength: number) => fc.array(fc.stringMatching(/^[0-9a-f]{32}$/), { maxLength })
  const anyRecord = fc.record({
    digest: fc.constantFrom(32, 48, 64).chain((n) => fc.uint8Array({ minLength: n, maxLength: n })),
    size: fc.integer({ min: 0, max: 2 ** 40 - 1 }),
    contentsSize: fc.integer({ min: 0, max: 2 ** 52 }),
    blobs: keys(300),
    children: keys(300),
    subjects: keys(1),
    images: fc.array(anyImage, { maxLength: 4 }),
  })

  test('is read as it was written, whatever is in it', () => {
    fc.assert(
      fc.property(anyRecord, ({ digest, ...rest }) => {
        const [key, tail] = [Buffer.from(digest.slice(0, 16)), Buffer.from(digest.slice(16))]
        const record = manifestRecord({ ...rest, rest: tail, type: 1, extent: 1 })
        const { images, size, contentsSize, blobs, children, subjects } = rest
        expect(decodeManifest(key, record)).toMatchObject({
          digest: digestText(Buffer.from(digest)),
          images,
          size,
          totalSize: size + contentsSize,
          references: [
            ...blobs.map((key) => ({ kind: 'blob', key })),
            ...children.map((key) => ({ kind: 'child', key })),
            ...subjects.map((key) => ({ kind: 'subject', key })),
          ],
        })
      }),
    )
  })
})

test('a blob record, a tombstone and a repository are read field by field', () => {
  const links = [
    { repositoryId: 7, at: AT },
    { repositoryId: 2 ** 32 - 1, at: LATEST },
  ]
  const record = Buffer.concat([
    ...[uint(2 ** 40, 6), uint(3, 4)],
    ...links.flatMap(({ repositoryId, at }) => [uint(repositoryId, 4), uint(at, 7)]),
  ])
  expect(decodeBlob(record)).toEqual({ size: 2 ** 40, refCount: 3, links })
  expect(decodeTombstone(Buffer.concat([uint(7, 4), hex('ab'.repeat(16))]), uint(AT, 7))).toEqual({
    repositoryId: 7,
    key: 'ab'.repeat(16),
    at: AT,
  })
  expect(decodeRepository(Buffer.concat([uint(7, 4), uint(12, 4), uint(AT, 7)]))).toEqual({
    id: 7,
    manifests: 12,
    droppedAt: AT,
  })
})

describe('a tag record', () => {
  const field = (repositoryId: number, tag: string) =>
    Buffer.concat([uint(repositoryId, 4), Buffer.from(tag)])
  const record = (at: number, code: number, key: string) =>
    Buffer.concat([uint(at, 7), uint(code, 1), hex(key)])

  test.each([
    ['untag', 0],
    ['push', 1],
    ['pull', 2],
  ])('of a tag whose last write is a %s', (kind, code) => {
    const key = 'ab'.repeat(16)
    expect(decodeTag(field(7, 'v1.2_3-x'), record(AT, code, key))).toEqual({
      repositoryId: 7,
      tag: 'v1.2_3-x',
      at: AT,
      kind,
      key,
    })
  })

  test('holds repositories and times up to their bounds', () => {
    const read = decodeTag(field(2 ** 32 - 1, 'a'), record(LATEST, 1, '00'.repeat(16)))
    expect(read).toMatchObject({ repositoryId: 2 ** 32 - 1, at: LATEST })
    expect(decodeTag(field(0, ''), record(0, 0, '00'.repeat(16)))).toMatchObject({ at: 0, tag: '' })
  })
})

describe('a digest', () => {
  test.each([
    ['sha256', 64],
    ['sha384', 96],
    ['sha512', 128],
  ])('of %s is made again from its bytes', (algorithm, digits) => {
    fc.assert(
      fc.property(
        fc.stringMatching(new RegExp(`^[0-9a-f]{${digits}}$`)),
        (text) => digestText(digestBytes(`${algorithm}:${text}`)) === `${algorithm}:${text}`,
      ),
    )
    expect(digestBytes(`${algorithm}:${'0f'.repeat(digits / 2)}`)).toEqual(Buffer.alloc(digits / 2, 0x0f))
  })

  test('has its first 16 bytes as its key', () => {
    expect(digestKey(`sha512:${HEX}${HEX}`)).toBe(HEX.slice(0, 32))
    expect(digestText(digestBytes(`key:${HEX.slice(0, 32)}`))).toBe(`key:${HEX.slice(0, 32)}`)
  })

  test('of another length is called unknown', () => {
    expect(digestText(Buffer.alloc(20))).toBe(`unknown:${'00'.repeat(20)}`)
  })
})

test('encodeFacts packs facts one after the other', () => {
  const digest = (letter: string) => `sha256:${letter.repeat(64)}`
  const hash = (letter: string) => sized(Buffer.from(letter.repeat(64), 'hex'))
  const app = Buffer.concat([uint(8, 2), Buffer.from('team/app')])
  const text = (value: string) => sized(Buffer.from(value))
  const none = uint(0, 1)
  const located = { repository: 'team/app', at: AT, digest: digest('a'), size: 500 }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const references: Reference[] = [
    { kind: 'blob', digest: digest('b'), size: 2 ** 40 + 1 },
    { kind: 'child', digest: `sha512:${'c'.repeat(128)}`, size: 7 },
  ]
  const packed = Buffer.concat([
    ...[uint(1, 1), uint(2, 2)],
    ...[uint(0, 1), uint(2 ** 40 + 1, 6), hash('b')],
    ...[uint(1, 1), uint(7, 6), sized(Buffer.from('c'.repeat(128), 'hex'))],
  ])
  const subject = { kind: 'subject' as const, digest: `key:${'d'.repeat(32)}`, size: 0 }
  const noReferences = [uint(0, 1), uint(0, 2)]
  const head = (op: string, size: number, type: number) => [
    Buffer.from(op),
    uint(AT, 7),
    uint(size, 6),
    uint(type, 1),
    app,
  ]
  const rows: [Fact, Buffer[]][] = [
    [
      { kind: 'push', ...located, mediaType, tag: 'v1', references },
      [...head('P', 500, 1), hash('a'), text('v1'), none, packed],
    ],
    [
      { kind: 'pull', ...located, mediaType: 'application/x', id: 'e1' },
      [...head('G', 500, 0), hash('a'), none, text('e1'), ...noReferences],
    ],
    [
      { kind: 'push', ...located, mediaType, references: [] },
      [...head('P', 500, 1), hash('a'), none, none, uint(1, 1), uint(0, 2)],
    ],
    [
      { kind: 'present', via: 'push', ...located, mediaType, references: [subject], extent: 'all' },
      [
        ...[...head('p', 500, 1), hash('a'), none, none, uint(2, 1), uint(1, 2)],
        ...[uint(2, 1), uint(0, 6), sized(Buffer.from('d'.repeat(32), 'hex'))],
      ],
    ],
    [
      { kind: 'present', via: 'pull', ...located, mediaType: '', tag: 'v1' },
      [...head('g', 500, 0), hash('a'), text('v1'), none, ...noReferences],
    ],
    [{ kind: 'link', ...located }, [...head('L', 500, 0), hash('a'), none, none, ...noReferences]],
    [
      { kind: 'delete', repository: 'team/app', at: AT, digest: digest('a') },
      [...head('D', 0, 0), hash('a'), none, none, ...noReferences],
    ],
    [
      { kind: 'untag', repository: 'team/app', at: AT, tag: 'v1' },
      [...head('U', 0, 0), none, text('v1'), none, ...noReferences],
    ],
    [
      { kind: 'drop', repository: 'team/app', at: AT },
      [...head('X', 0, 0), none, none, none, ...noReferences],
    ],
    [
      { kind: 'scan', repository: 'team/app', at: AT, id: 'e2' },
      [...head('S', 0, 0), none, none, text('e2'), ...noReferences],
    ],
  ]
  for (const [fact, parts] of rows) expect(encodeFacts([fact])).toEqual(Buffer.concat(parts))
  const many = Array.from({ length: 100 }, () => rows).flat()
  expect(encodeFacts(many.map(([fact]) => fact))).toEqual(Buffer.concat(many.flatMap(([, parts]) => parts)))
})
