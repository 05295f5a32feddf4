import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeBlob,
  decodeHolders,
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

interface List {
  extent: 1 | 2
  blobs: { key: string; size: number }[]
  children: string[]
  subjects: string[]
}

interface RepositoryOfRecord {
  repositoryId: number
  pushedAt: number
  pulledAt: number
  sizedAt: number
  size: number
  listTimes: { list: number; at: number }[]
  tags: { name: string; taggedAt: number }[]
}

const contentsSize = ({ blobs }: List) => blobs.reduce((sum, { size }) => sum + size, 0)

const listRecord = (list: List, width: number): Buffer =>
  Buffer.concat([
    ...[uint(list.extent, 1), uint(contentsSize(list), 7)],
    ...[uint(list.blobs.length, 2), uint(list.children.length, 2), uint(list.subjects.length, 1)],
    uint(width, 1),
    ...[...list.blobs.map(({ key }) => key), ...list.children, ...list.subjects].map(hex),
    ...list.blobs.map(({ size }) => uint(size, width)),
  ])

function manifestRecord(options: {
  rest: Buffer
  type: number
  lists: List[]
  images: RepositoryOfRecord[]
  width?: number
}): Buffer {
  const { rest, type, lists, images, width = 5 } = options
  return Buffer.concat([
    ...[sized(rest), uint(type, 1), uint(lists.length, 1)],
    ...lists.map((list) => listRecord(list, width)),
    ...images.flatMap(({ repositoryId, pushedAt, pulledAt, sizedAt, size, listTimes, tags }) => [
      ...[uint(repositoryId, 4), uint(pushedAt, 7), uint(pulledAt, 7), uint(sizedAt, 7), uint(size, 5)],
      uint(listTimes.length, 1),
      ...listTimes.flatMap(({ list, at }) => [uint(list, 1), uint(at, 7)]),
      uint(tags.length, 2),
      ...tags.flatMap(({ name, taggedAt }) => [uint(taggedAt, 7), sized(Buffer.from(name))]),
    ]),
  ])
}

/** What is read from `list`. */
const referenceList = ({ extent, blobs, children, subjects }: List) => ({
  extent: extent === 2 ? 'all' : 'contents',
  contentsSize: contentsSize({ extent, blobs, children, subjects }),
  references: [
    ...blobs.map(({ key, size }) => ({ kind: 'blob', key, size })),
    ...children.map((key) => ({ kind: 'child', key, size: 0 })),
    ...subjects.map((key) => ({ kind: 'subject', key, size: 0 })),
  ],
})

describe('a manifest record', () => {
  const list: List = {
    extent: 2,
    blobs: [{ key: 'bb'.repeat(16), size: 1_000_000_000_000 }],
    children: ['aa'.repeat(16)],
    subjects: ['cc'.repeat(16)],
  }
  const whole = {
    rest: hex(HEX.slice(32)),
    type: 2,
    lists: [list],
    images: [
      {
        repositoryId: 1,
        pushedAt: AT,
        pulledAt: 0,
        sizedAt: AT,
        size: 491,
        listTimes: [{ list: 0, at: AT - 1 }],
        tags: [
          { name: 'v1', taggedAt: AT },
          { name: 'latest', taggedAt: LATEST },
        ],
      },
      {
        ...{ repositoryId: 4_000_000_000, pushedAt: 0, pulledAt: LATEST },
        ...{ sizedAt: 0, size: 0, listTimes: [], tags: [] },
      },
    ],
  }
  const read = (options: Parameters<typeof manifestRecord>[0]) =>
    decodeManifest(hex(HEX.slice(0, 32)), manifestRecord(options))

  test('is read field by field', () => {
    const { images, ...manifest } = read(whole)
    expect(manifest).toEqual({
      digest: `sha256:${HEX}`,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      size: 491,
      totalSize: 1_000_000_000_491,
      references: referenceList(list).references,
      isResolved: true,
    })
    expect(images).toEqual(
      whole.images.map((image) => ({
        ...image,
        listTimes: image.listTimes.map(({ at }) => ({ list: referenceList(list), at })),
      })),
    )
  })

  test('with no references differs from one whose references are not known', () => {
    const none: List = { extent: 1, blobs: [], children: [], subjects: [] }
    expect(read({ ...whole, lists: [none] })).toMatchObject({ references: [], isResolved: false })
    expect(read({ ...whole, lists: [{ ...none, extent: 2 }] })).toMatchObject({ isResolved: true })
    const { references, isResolved } = read({ ...whole, lists: [], images: whole.images.slice(1) })
    expect([references, isResolved]).toEqual([undefined, false])
  })

  test('has the references of its first list, and the size that was told last', () => {
    const [first, second] = whole.images
    const other: List = { extent: 1, blobs: [], children: [], subjects: [] }
    const images = [first, { ...second, sizedAt: AT + 1, size: 77 }] as RepositoryOfRecord[]
    const found = read({ ...whole, lists: [list, other], images })
    expect(found).toMatchObject({ size: 77, totalSize: 1_000_000_000_077, isResolved: true })
    expect(found.references).toHaveLength(3)
  })

  test.each([
    [0, 'application/octet-stream'],
    [1, 'application/vnd.oci.image.manifest.v1+json'],
    [3, 'application/vnd.docker.distribution.manifest.v2+json'],
    [4, 'application/vnd.docker.distribution.manifest.list.v2+json'],
    [200, 'application/octet-stream'],
  ])('with type code %d is %s', (type, mediaType) => {
    expect(read({ ...whole, type }).mediaType).toBe(mediaType)
  })

  const anyInstant = fc.integer({ min: 0, max: LATEST })
  const anyTag = fc.record({ name: fc.stringMatching(/^\w[\w.-]{0,127}$/), taggedAt: anyInstant })
  const anySize = fc.integer({ min: 0, max: 2 ** 40 - 1 })
  const anyImage = fc.record({
    repositoryId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    pushedAt: anyInstant,
    pulledAt: anyInstant,
    sizedAt: anyInstant,
    size: anySize,
    listTimes: fc.array(fc.record({ list: fc.integer({ min: 0, max: 1 }), at: anyInstant }), {
      maxLength: 2,
    }),
    tags: fc.array(anyTag, { maxLength: 3 }),
  })
  const anyKey = fc.stringMatching(/^[0-9a-f]{32}$/)
  const anyList: fc.Arbitrary<List> = fc.record({
    extent: fc.constantFrom(1 as const, 2 as const),
    blobs: fc.array(fc.record({ key: anyKey, size: anySize }), { maxLength: 300 }),
    children: fc.array(anyKey, { maxLength: 300 }),
    subjects: fc.array(anyKey, { maxLength: 1 }),
  })
  const anyRecord = fc.record({
    digest: fc.constantFrom(32, 48, 64).chain((n) => fc.uint8Array({ minLength: n, maxLength: n })),
    lists: fc.tuple(anyList, anyList),
    images: fc.array(anyImage, { maxLength: 4 }),
  })

  test('is read as it was written, whatever is in it', () => {
    fc.assert(
      fc.property(anyRecord, ({ digest, lists, images }) => {
        const [key, tail] = [Buffer.from(digest.slice(0, 16)), Buffer.from(digest.slice(16))]
        const found = decodeManifest(key, manifestRecord({ rest: tail, type: 1, lists, images }))
        const [first, second] = lists
        expect(found.digest).toBe(digestText(Buffer.from(digest)))
        expect(found.references).toEqual(referenceList(first).references)
        expect(found.images).toEqual(
          images.map((image) => ({
            ...image,
            listTimes: image.listTimes.map(({ list, at }) => ({
              list: referenceList(list === 0 ? first : second),
              at,
            })),
          })),
        )
      }),
      { numRuns: 50 },
    )
  })
})

describe('a blob record', () => {
  const link = (form: number, repositoryId: number, at: number, ...more: Buffer[]) =>
    Buffer.concat([uint(form, 1), uint(repositoryId, 4), uint(at, 7), ...more])

  test('is read field by field', () => {
    const links = [
      link(0, 7, AT),
      link(1, 2 ** 32 - 1, LATEST),
      link(3, 8, AT, uint(AT - 9, 7)),
      link(5, 9, AT, uint(77, 5)),
      link(7, 10, AT, uint(AT - 9, 7), uint(78, 5)),
    ]
    expect(decodeBlob(Buffer.concat([uint(16, 1), uint(2 ** 40 - 1, 5), uint(3, 4), ...links]))).toEqual({
      ...{ size: 2 ** 40 - 1, isHeld: true, isMeasured: true },
      links: [
        { repositoryId: 7, at: AT, sizedAt: 0, size: 0 },
        { repositoryId: 2 ** 32 - 1, at: LATEST, sizedAt: LATEST, size: 2 ** 40 - 1 },
        { repositoryId: 8, at: AT, sizedAt: AT - 9, size: 2 ** 40 - 1 },
        { repositoryId: 9, at: AT, sizedAt: AT, size: 77 },
        { repositoryId: 10, at: AT, sizedAt: AT - 9, size: 78 },
      ],
    })
  })

  test.each([
    [0, 0, [], false],
    [1, 0, [], true],
    [0, 2, [], true],
    [2, 1, [uint(5, 5)], true],
    [1 + 2 + 4 + 8, 3, [uint(5, 5), uint(1, 4), uint(6, 5)], true],
  ])('with the flags %d and %d claims', (flags, claims, more, isHeld) => {
    const record = Buffer.concat([
      ...[uint(flags, 1), uint(500, 5), uint(claims, 4)],
      ...more,
      link(0, 7, AT),
    ])
    expect(decodeBlob(record)).toEqual({
      ...{ size: 500, isHeld, isMeasured: false },
      links: [{ repositoryId: 7, at: AT, sizedAt: 0, size: 0 }],
    })
  })
})

test('the holders of a content are read, those to whom it is measured too', () => {
  const [stated, measured] = [uint(1, 3), uint(2 ** 23 + 2, 3)]
  expect(decodeHolders(Buffer.concat([uint(0, 1), uint(500, 5), measured, stated]))).toEqual([2, 1])
  const others = [uint(3, 3), uint(7, 5), uint(2 ** 23 + 4, 3), uint(8, 5)]
  const record = Buffer.concat([uint(1, 1), uint(500, 5), uint(2, 3), ...others, measured])
  expect(decodeHolders(record)).toEqual([3, 4, 2])
})

test('a tombstone and a repository are read field by field', () => {
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
    { kind: 'blob', digest: digest('b'), size: 2 ** 40 - 1 },
    { kind: 'child', digest: `sha512:${'c'.repeat(128)}`, size: 7 },
  ]
  const packed = Buffer.concat([
    ...[uint(1, 1), uint(2, 2)],
    ...[uint(0, 1), uint(2 ** 40 - 1, 6), hash('b')],
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
    // A size that cannot be true is not known.
    [
      { kind: 'link', ...located, size: 2 ** 40 },
      [...head('L', 0, 0), hash('a'), none, none, ...noReferences],
    ],
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
