import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AGE_SOURCES, type Age, hasOwnTime, type ToldAge } from '../../src/usage/age.ts'
import {
  decodeBlob,
  decodeHolders,
  decodeLink,
  decodeManifest,
  decodeRepository,
  decodeTag,
  decodeTombstone,
} from '../../src/usage/codec.ts'
import { digestBytes, digestKey, digestText } from '../../src/usage/digest-key.ts'
import { encodeFacts } from '../../src/usage/encode-facts.ts'
import type { Fact, Reference } from '../../src/usage/fact.ts'

/** Packs records by hand, with the layouts in the headers of src/usage/scripts/project.lua and records.lua. */
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
  foundAt: number
  told: ToldAge | undefined
  pulledAt: number
  sizedAt: number
  size: number
  listTimes: { list: number; at: number }[]
  tags: { name: string; taggedAt: number; age: Age }[]
}

/** When a presence found an image, and what was told of its age. */
const foundRecord = ({ pushedAt, foundAt, told }: RepositoryOfRecord): Buffer[] => {
  if (foundAt === 0) return []
  const [isFirst, isBefore] = [pushedAt === 0 ? 128 : 0, told && told.at < foundAt ? 64 : 0]
  const source = told ? AGE_SOURCES.indexOf(told.age.source) + (told.isVoid ? 16 : 0) : 32
  return [
    uint(isFirst + isBefore + source, 1),
    ...(isFirst ? [] : [uint(foundAt, 7)]),
    ...(told && isBefore ? [uint(told.at, 7)] : []),
    ...(told && hasOwnTime(told.age.source) ? [uint(told.age.at, 7)] : []),
  ]
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
  /** A list that no image has, but whose blobs are still claimed. */
  claimedList?: List
}): Buffer {
  const { rest, type, lists, images, width = 5, claimedList } = options
  return Buffer.concat([
    ...[sized(rest), uint(type, 1), uint(lists.length, 1), uint(claimedList ? 255 : 1, 1), uint(3, 2)],
    ...[...lists, ...(claimedList ? [claimedList] : [])].map((list) => listRecord(list, width)),
    ...images.flatMap(({ repositoryId, pulledAt, sizedAt, size, listTimes, tags, ...image }) => [
      ...[uint(repositoryId, 4), uint(1 + 2 + 4 + 8 + 128 + (image.foundAt > 0 ? 64 : 0), 1)],
      ...[
        uint(image.pushedAt || image.foundAt, 7),
        ...foundRecord({ ...image, repositoryId, pulledAt, sizedAt, size, listTimes, tags }),
      ],
      uint(pulledAt, 7),
      ...[uint(size, 5), uint(sizedAt, 7), uint(listTimes.length, 1)],
      ...listTimes.flatMap(({ list, at }) => [uint(list + 1, 1), uint(at, 7)]),
      uint(tags.length, 3),
      ...(tags.length > 0
        ? [
            uint(
              tags.reduce((sum, { name }) => sum + 16 + name.length, 0),
              4,
            ),
          ]
        : []),
      ...tags.flatMap(({ name, taggedAt, age }) => [
        ...[uint(taggedAt, 7), uint(AGE_SOURCES.indexOf(age.source), 1), uint(age.at, 7)],
        sized(Buffer.from(name)),
      ]),
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
        foundAt: LATEST,
        told: { at: AT - 7, age: { at: AT - 8, source: 'storage' as const }, isVoid: true },
        pulledAt: 0,
        sizedAt: AT,
        size: 491,
        listTimes: [{ list: 0, at: AT - 1 }],
        tags: [
          { name: 'v1', taggedAt: AT, age: { at: AT, source: 'event' as const } },
          { name: 'latest', taggedAt: LATEST, age: { at: AT - 9, source: 'registry' as const } },
        ],
      },
      {
        ...{ repositoryId: 4_000_000_000, pushedAt: 0, foundAt: 0, told: undefined, pulledAt: LATEST },
        ...{ sizedAt: 0, size: 0, listTimes: [], tags: [] },
      },
    ],
  }
  const read = (options: Parameters<typeof manifestRecord>[0]) =>
    decodeManifest(hex(HEX.slice(0, 32)), manifestRecord(options))

  test('is read field by field', () => {
    const { images, lists, ...manifest } = read(whole)
    expect(lists.map(({ references }) => references)).toEqual([manifest.references])
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
    const found = read({ ...whole, lists: [list, other], images, claimedList: list })
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
  const anyAge = fc.record(
    { at: anyInstant, source: fc.constantFrom(...AGE_SOURCES) },
    { noNullPrototype: true },
  )
  const anyTag = fc.record({
    name: fc.stringMatching(/^\w[\w.-]{0,127}$/),
    taggedAt: anyInstant,
    age: anyAge,
  })
  const anySize = fc.integer({ min: 0, max: 2 ** 40 - 2 })
  const anyImage = fc.record({
    repositoryId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    pushedAt: anyInstant,
    ...{ pulledAt: anyInstant, sizedAt: anyInstant, size: anySize },
    listTimes: fc.array(fc.record({ list: fc.integer({ min: 0, max: 1 }), at: anyInstant }), {
      maxLength: 2,
    }),
    tags: fc.array(anyTag, { maxLength: 3 }),
  })
  /** An age of a source that has no time of its own has that of the fact. No age was told later than the image was found. */
  const anyFound = fc
    .option(fc.tuple(anyInstant, fc.option(fc.tuple(anyInstant, anyAge), { nil: undefined })), {
      nil: undefined,
    })
    .map((found) => {
      if (found === undefined || found[0] === 0) return { foundAt: 0, told: undefined }
      const [foundAt, [time, { at, source }] = [0, { at: 0, source: 'seen' as const }]] = found
      const toldAt = Math.min(time, foundAt)
      const told = {
        at: toldAt,
        age: { at: hasOwnTime(source) ? at : toldAt, source },
        isVoid: time % 2 === 0,
      }
      return { foundAt, told: found[1] ? told : undefined }
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
    images: fc.array(
      fc.tuple(anyImage, anyFound).map(([image, found]) => ({ ...image, ...found })),
      { maxLength: 4 },
    ),
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

test('an image whose size, list and tags came with its push needs no more times', () => {
  const none: List = { extent: 2, blobs: [], children: [], subjects: [] }
  const image = [
    ...[uint(7, 4), uint(2 + 16 + 32, 1), uint(AT, 7), uint(491, 5)],
    ...[uint(1, 3), sized(Buffer.from('v1'))],
  ]
  const header = [sized(hex(HEX.slice(32))), uint(1, 1), uint(1, 1), uint(1, 1), uint(0, 2)]
  const record = Buffer.concat([...header, listRecord(none, 1), ...image])
  expect(decodeManifest(hex(HEX.slice(0, 32)), record).images).toEqual([
    {
      ...{ repositoryId: 7, pushedAt: AT, foundAt: 0, told: undefined, pulledAt: 0, sizedAt: AT, size: 491 },
      listTimes: [{ list: referenceList(none), at: AT }],
      tags: [{ name: 'v1', taggedAt: AT, age: { at: AT, source: 'event' } }],
    },
  ])
})

test('a link record is read field by field', () => {
  const [at, size] = [uint(AT, 7), uint(2 ** 40 - 1, 5)]
  const read = (rest: Buffer, ...link: Buffer[]) =>
    decodeLink(hex(HEX.slice(0, 32)), Buffer.concat([sized(rest), ...link]))
  const whole = hex(HEX.slice(32))
  expect(read(whole, at)).toEqual({ digest: `sha256:${HEX}`, at: AT, sizedAt: 0, size: 0 })
  const keyOnly = { digest: `key:${HEX.slice(0, 32)}`, at: AT, sizedAt: AT, size: 2 ** 40 - 1 }
  expect(read(Buffer.alloc(0), at, size)).toEqual(keyOnly)
  const older = read(whole, uint(LATEST, 7), size, at)
  expect(older).toEqual({ digest: `sha256:${HEX}`, at: LATEST, sizedAt: AT, size: 2 ** 40 - 1 })
})

test.each([
  [0, 0, { isManifest: false, isHeld: false, isMeasured: false }],
  [1, 0, { isManifest: true, isHeld: true, isMeasured: false }],
  [16 + 64, 2, { isManifest: false, isHeld: true, isMeasured: true }],
  [128, 70_000, { isManifest: false, isHeld: true, isMeasured: false }],
])('a blob record with the flags %d and %d claims is read field by field', (flags, claims, expected) => {
  const counts = flags >= 128 ? [uint(claims, 4), uint(7, 4)] : [uint(claims, 1), uint(7, 1)]
  const record = Buffer.concat([uint(flags, 1), uint(500, 5), ...counts, sized(hex('ab')), uint(9, 5)])
  expect(decodeBlob(record)).toEqual({ size: 500, claims, links: 7, ...expected })
})

test('the holders of a content are read, those to whom it is measured too', () => {
  const [stated, measured] = [uint(1, 3), uint(2 ** 23 + 2, 3)]
  expect(decodeHolders(Buffer.concat([uint(0, 1), uint(500, 5), measured, stated]))).toEqual([
    { number: 2, size: 500, isMeasured: true },
    { number: 1, size: 500, isMeasured: false },
  ])
  const others = [uint(3, 3), uint(7, 5), uint(2 ** 23 + 4, 3), uint(8, 5)]
  const record = Buffer.concat([uint(1, 1), uint(500, 5), uint(2, 3), ...others, measured])
  expect(decodeHolders(record)).toEqual([
    { number: 3, size: 7, isMeasured: false },
    { number: 4, size: 8, isMeasured: true },
    { number: 2, size: 500, isMeasured: true },
  ])
  const many = Buffer.concat([uint(2, 1), uint(500, 5), uint(70, 4), uint(60, 4)])
  expect(decodeHolders(many)).toEqual({ size: 500, count: 70, measured: 60 })
})

test('a tombstone and a repository are read field by field', () => {
  expect(decodeTombstone(uint(AT, 7))).toBe(AT)
  expect(decodeRepository(Buffer.concat([uint(7, 4), uint(12, 4), uint(AT, 7)]))).toEqual({
    id: 7,
    manifests: 12,
    droppedAt: AT,
  })
})

test.each([
  ['pull', 0, { at: LATEST, source: 'seen' }],
  ['push', 1, { at: LATEST, source: 'seen' }],
  ['push', 2, { at: LATEST, source: 'undated' }],
  ['push', 3, { at: AT, source: 'image' }],
  ['push', 4, { at: AT, source: 'storage' }],
  ['push', 5, { at: AT, source: 'registry' }],
  ['push', 6, { at: LATEST, source: 'event' }],
  ['untag', 7, { at: LATEST, source: 'seen' }],
])('a tag record whose last write is a %s with code %d is read field by field', (kind, code, age) => {
  const key = 'ab'.repeat(16)
  const own = age.at === AT ? [uint(AT, 7)] : []
  const record = Buffer.concat([uint(LATEST, 7), uint(code, 1), hex(key), ...own])
  expect(decodeTag(record)).toEqual({ at: LATEST, kind, key, age, actor: '' })
  const attributed = Buffer.concat([record, Buffer.from('zoë')])
  expect(decodeTag(attributed)).toEqual({ at: LATEST, kind, key, age, actor: 'zoë' })
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
    { kind: 'blob', digest: digest('b'), size: 2 ** 40 - 2 },
    { kind: 'child', digest: `sha512:${'c'.repeat(128)}`, size: 7 },
  ]
  const packed = listRecord(
    {
      extent: 1,
      blobs: [{ key: 'b'.repeat(32), size: 2 ** 40 - 2 }],
      children: ['c'.repeat(32)],
      subjects: [],
    },
    5,
  )
  const subject = { kind: 'subject' as const, digest: `key:${'d'.repeat(32)}`, size: 0 }
  const noReferences = [uint(0, 4)]
  const empty = { blobs: [], children: [] }
  const withLength = (list: Buffer) => [uint(list.length, 4), list]
  const head = (op: string, size: number, type: number, [source, age] = [op === 'P' ? 5 : 255, AT]) => [
    Buffer.from(op),
    uint(AT, 7),
    uint(source, 1),
    uint(age, 7),
    uint(size, 6),
    uint(type, 1),
    app,
  ]
  const rows: [Fact, Buffer[]][] = [
    [
      { kind: 'push', ...located, mediaType, tag: 'v1', references, actor: 'zoë' },
      [...head('P', 500, 1), hash('a'), text('v1'), none, text('zoë'), ...withLength(packed)],
    ],
    [
      { kind: 'pull', ...located, mediaType: 'application/x', id: 'e1' },
      [...head('G', 500, 0), hash('a'), none, text('e1'), none, ...noReferences],
    ],
    [
      { kind: 'push', ...located, mediaType, references: [] },
      [
        ...[...head('P', 500, 1), hash('a'), none, none, none],
        ...withLength(listRecord({ extent: 1, ...empty, subjects: [] }, 1)),
      ],
    ],
    [
      { kind: 'present', via: 'push', ...located, mediaType, references: [subject], extent: 'all' },
      [
        ...[...head('p', 500, 1), hash('a'), none, none, none],
        ...withLength(listRecord({ extent: 2, ...empty, subjects: ['d'.repeat(32)] }, 1)),
      ],
    ],
    [
      { kind: 'present', via: 'push', ...located, mediaType, age: { at: AT - 1, source: 'storage' } },
      [...head('p', 500, 1, [3, AT - 1]), hash('a'), none, none, none, ...noReferences],
    ],
    // This source has no time of its own.
    [
      {
        kind: 'present',
        via: 'push',
        ...located,
        mediaType,
        tag: 'v1',
        age: { at: AT - 1, source: 'undated' },
      },
      [...head('p', 500, 1, [1, AT]), hash('a'), text('v1'), none, none, ...noReferences],
    ],
    [
      { kind: 'present', via: 'pull', ...located, mediaType: '', tag: 'v1' },
      [...head('g', 500, 0), hash('a'), text('v1'), none, none, ...noReferences],
    ],
    [{ kind: 'link', ...located }, [...head('L', 500, 0), hash('a'), none, none, none, ...noReferences]],
    // A size that cannot be true is not known.
    [
      { kind: 'link', ...located, size: 2 ** 40 },
      [...head('L', 0, 0), hash('a'), none, none, none, ...noReferences],
    ],
    [
      { kind: 'delete', repository: 'team/app', at: AT, digest: digest('a') },
      [...head('D', 0, 0), hash('a'), none, none, none, ...noReferences],
    ],
    [
      { kind: 'untag', repository: 'team/app', at: AT, tag: 'v1' },
      [...head('U', 0, 0), none, text('v1'), none, none, ...noReferences],
    ],
    [
      { kind: 'drop', repository: 'team/app', at: AT },
      [...head('X', 0, 0), none, none, none, none, ...noReferences],
    ],
    [
      { kind: 'scan', repository: 'team/app', at: AT, id: 'e2' },
      [...head('S', 0, 0), none, none, text('e2'), none, ...noReferences],
    ],
  ]
  for (const [fact, parts] of rows) expect(encodeFacts([fact]).bytes).toEqual(Buffer.concat(parts))
  const many = Array.from({ length: 100 }, () => rows).flat()
  const all = encodeFacts(many.map(([fact]) => fact))
  expect(all.bytes).toEqual(Buffer.concat(many.flatMap(([, parts]) => parts)))
  expect([all.ends.length, all.ends.at(-1)]).toEqual([many.length, all.bytes.length])
})
