import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeBuildKitCache, makeImage, makeIndex } from '../../lab/image.ts'
import type { Descriptor } from '../../src/registry/descriptor.ts'
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  isIndexType,
  isManifestType,
  MANIFEST_TYPES,
  OCI_INDEX,
  OCI_MANIFEST,
  type ParsedManifest,
  parseManifest,
  parseStoredManifest,
  SCHEMA_1,
  SCHEMA_1_SIGNED,
} from '../../src/registry/manifest.ts'
import { InvalidManifest } from '../../src/registry/registry-error.ts'

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const anyDigest = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
const anyDescriptor = (mediaType: fc.Arbitrary<string>): fc.Arbitrary<Descriptor> =>
  fc.record({ mediaType, digest: anyDigest.map((hex) => `sha256:${hex}`), size: fc.maxSafeNat() })
const anyLayer = anyDescriptor(fc.constantFrom('application/vnd.oci.image.layer.v1.tar+gzip', 'text/plain'))
const anyManifest = anyDescriptor(fc.constantFrom(...MANIFEST_TYPES))

describe('any manifest', () => {
  it('of an image is parsed completely', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(OCI_MANIFEST, DOCKER_MANIFEST),
        anyLayer,
        fc.array(anyLayer),
        anyManifest,
        (mediaType, config, layers, subject) => {
          const expected: ParsedManifest = { mediaType, kind: 'image', config, layers, children: [], subject }
          expect(parseManifest(json({ mediaType, config, layers, subject }), 'application/json')).toEqual(
            expected,
          )
          expect(parseManifest(json({ config, layers, subject }), mediaType)).toEqual(expected)
        },
      ),
    )
  })

  it('of an index is split into manifests and blobs, and none is lost', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(OCI_INDEX, DOCKER_LIST),
        fc.array(fc.oneof(anyLayer, anyManifest)),
        (mediaType, manifests) => {
          const parsed = parseManifest(json({ mediaType, manifests }), mediaType)
          expect(parsed.children).toEqual(manifests.filter((entry) => isManifestType(entry.mediaType)))
          expect(parsed.layers).toEqual(manifests.filter((entry) => !isManifestType(entry.mediaType)))
        },
      ),
    )
  })

  it('is parsed or rejected with InvalidManifest, for any bytes', () => {
    const key = fc.constantFrom('mediaType', 'config', 'layers', 'manifests', 'subject', 'fsLayers', 'size')
    const anyValue = fc.oneof(
      fc.jsonValue(),
      anyLayer,
      fc.array(anyLayer),
      fc.constantFrom(...MANIFEST_TYPES),
    )
    const anyBytes = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.jsonValue().map(json),
      fc.dictionary(key, anyValue).map(json),
    )
    fc.assert(
      fc.property(anyBytes, fc.constantFrom('', ...MANIFEST_TYPES), (bytes, mediaType) => {
        try {
          expect(isManifestType(parseManifest(bytes, mediaType).mediaType)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidManifest)
        }
      }),
    )
  })
})

const read = (image: ReturnType<typeof makeImage>): ParsedManifest =>
  parseManifest(image.manifests.get(image.root.digest)?.bytes ?? Buffer.alloc(0), image.root.mediaType)

const digest = `sha256:${'0'.repeat(64)}`

it('parses an index with its platforms', () => {
  const image = makeImage({ layers: [{ seed: 'a', bytes: 10 }] })
  const parsed = read(makeIndex([{ image, architecture: 'arm64' }]))
  expect(parsed.kind).toBe('index')
  expect(parsed.children).toEqual([{ ...image.root, platform: { os: 'linux', architecture: 'arm64' } }])
  expect(isIndexType(parsed.mediaType)).toBe(true)
})

it('parses the entries of a BuildKit cache as blobs', () => {
  const { layers, children } = read(makeBuildKitCache([{ seed: 'a', bytes: 10 }]))
  expect(children).toEqual([])
  expect(layers.map(({ mediaType }) => mediaType)).toEqual([
    'application/vnd.oci.image.layer.v1.tar+gzip',
    'application/vnd.buildkit.cacheconfig.v0',
  ])
})

it('marks layers that may be stored elsewhere: those with urls, whatever their type', () => {
  const config = { mediaType: 'a/config', digest, size: 1 }
  const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip'
  const layers = [
    { mediaType: 'a/layer', digest, size: 1 },
    { mediaType: foreign, digest, size: 1 },
    { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar', digest, size: 1 },
    { mediaType: 'a/layer', digest, size: 1, urls: ['https://elsewhere.test/'] },
  ]
  const parsed = parseManifest(json({ config, layers }), DOCKER_MANIFEST)
  expect(parsed.layers.map((layer) => layer.foreign)).toEqual([undefined, undefined, undefined, true])
})

it('accepts what the specification leaves optional, and what registries accept', () => {
  const config = { mediaType: 'a/config', digest, size: 1 }
  expect(parseManifest(json({ config }), OCI_MANIFEST)).toMatchObject({ config, layers: [], children: [] })
  for (const lists of [{}, { manifests: null }, { manifests: [] }])
    for (const parsed of [
      parseManifest(json({ mediaType: OCI_INDEX, ...lists }), ''),
      parseStoredManifest(json({ mediaType: OCI_INDEX, ...lists })),
    ])
      expect(parsed).toMatchObject({ kind: 'index', layers: [], children: [] })
  expect(parseManifest(json({ config: { digest } }), OCI_MANIFEST).config).toEqual({
    mediaType: '',
    digest,
    size: 0,
  })
  for (const size of [2 ** 53, -1, 0.5, 1e300, null, '9'])
    expect(parseManifest(json({ config: { ...config, size } }), OCI_MANIFEST).config?.size).toBe(0)
})

it('refuses more than 4 MiB, 40,000 references, or 100 levels', () => {
  const config = { mediaType: 'a/config', digest, size: 1 }
  const withLayers = (count: number) => json({ config, layers: Array(count).fill({ digest }) })
  expect(parseManifest(withLayers(40_000), OCI_MANIFEST).layers).toHaveLength(40_000)
  expect(() => parseManifest(withLayers(40_001), OCI_MANIFEST)).toThrow('more than 40000 references')
  const long = json({ config, annotations: { a: 'x'.repeat(4 << 20) } })
  expect(() => parseManifest(long, OCI_MANIFEST)).toThrow('longer than 4194304 bytes')
  const nested = Buffer.from(`{"config":${'['.repeat(500)}${']'.repeat(500)}}`)
  expect(() => parseManifest(nested, OCI_MANIFEST)).toThrow('not a JSON object')
  expect(() => parseStoredManifest(Buffer.alloc(4 << 20, '['))).toThrow('not a JSON object')
})

it('parses schema 1, which states no sizes', () => {
  const parsed = parseManifest(json({ schemaVersion: 1, fsLayers: [{ blobSum: digest }] }), SCHEMA_1)
  expect(parsed).toMatchObject({ kind: 'image', layers: [{ digest, size: 0 }] })
  expect(parsed.config).toBeUndefined()
})

it('rejects content that could be read in two ways (CVE-2021-41190)', () => {
  const config = { mediaType: 'a/config', digest, size: 1 }
  const both = json({ config, layers: [], manifests: [] })
  expect(() => parseManifest(both, OCI_MANIFEST)).toThrow(InvalidManifest)
  expect(() => parseManifest(json({ mediaType: OCI_INDEX, manifests: [] }), OCI_MANIFEST)).toThrow(
    InvalidManifest,
  )
})

it('decides the kind of a stored manifest by its mediaType field or its other fields', () => {
  fc.assert(
    fc.property(anyLayer, fc.array(anyLayer), (config, entries) => {
      const [image, index] = [{ schemaVersion: 2, config, layers: entries }, { manifests: entries }]
      const kindOf = (body: object) => parseStoredManifest(json(body)).mediaType
      expect(parseStoredManifest(json(image))).toEqual(parseManifest(json(image), OCI_MANIFEST))
      expect(kindOf(index)).toBe(OCI_INDEX)
      for (const mediaType of [OCI_MANIFEST, DOCKER_MANIFEST])
        expect(kindOf({ ...image, mediaType })).toBe(mediaType)
      for (const mediaType of [OCI_INDEX, DOCKER_LIST])
        expect(kindOf({ ...index, mediaType })).toBe(mediaType)
      const layers = entries.map(({ digest }) => ({ blobSum: digest }))
      expect(kindOf({ schemaVersion: 1, fsLayers: layers })).toBe(SCHEMA_1_SIGNED)
    }),
  )
  for (const body of [
    { mediaType: 'text/plain' },
    { mediaType: 5 },
    { mediaType: OCI_INDEX, layers: [] },
    [],
  ])
    expect(() => parseStoredManifest(json(body))).toThrow(InvalidManifest)
})
