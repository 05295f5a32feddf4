import fc from 'fast-check'
import { expect, it } from 'vitest'
import { makeNormalise } from '../../src/events/normalise.ts'
import { OCI_INDEX, OCI_MANIFEST, parseManifest } from '../../src/registry/manifest.ts'
import { referencesOf } from '../../src/usage/references-of.ts'

const digest = fc
  .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
  .map((hex) => `sha256:${hex}`)
const descriptor = fc.record(
  {
    mediaType: fc.constantFrom(
      ...['application/vnd.oci.image.layer.v1.tar+gzip', OCI_MANIFEST, OCI_INDEX],
      ...[
        'application/vnd.oci.image.layer.nondistributable.v1.tar',
        'application/vnd.buildkit.cacheconfig.v0',
      ],
      'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    ),
    digest,
    size: fc.nat({ max: 2 ** 40 - 2 }),
    urls: fc.constantFrom([], ['https://example.org/layer']),
  },
  { requiredKeys: ['mediaType', 'digest', 'size'] },
)
const subject = descriptor.map(({ urls: _, ...rest }) => rest)
const manifest = fc.oneof(
  fc.record({ mediaType: fc.constant(OCI_MANIFEST), config: subject, layers: fc.array(descriptor) }),
  // Not empty: the notification of an empty index leaves out `references`, so they count as not known.
  fc.record({ mediaType: fc.constant(OCI_INDEX), manifests: fc.array(descriptor, { minLength: 1 }) }),
)

it('gives the same references as the notification of the push', () => {
  fc.assert(
    fc.property(manifest, (body) => {
      const bytes = Buffer.from(JSON.stringify(body))
      const listed = 'manifests' in body ? body.manifests : [body.config, ...body.layers]
      const event = {
        id: 'e',
        timestamp: '2026-11-23T10:00:00Z',
        action: 'push',
        target: { mediaType: body.mediaType, digest: `sha256:${'a'.repeat(64)}`, repository: 'a', size: 1 },
      }
      const normalise = makeNormalise({ isScanner: () => false, actors: true })
      const normalised = normalise(
        { ...event, target: { ...event.target, references: listed } },
        Date.parse(event.timestamp) * 1000,
        Date.parse(event.timestamp) * 1000,
      )
      const sort = (references: unknown[] | undefined) => references?.map((one) => JSON.stringify(one)).sort()
      const references = referencesOf(parseManifest(bytes, ''))
      expect(normalised).toMatchObject({ fact: { references: expect.any(Array) } })
      if ('fact' in normalised && 'references' in normalised.fact)
        expect(sort(references)).toEqual(sort(normalised.fact.references))
    }),
  )
})

it('gives the subject last, even if it is among the children', () => {
  fc.assert(
    fc.property(manifest, subject, (body, about) => {
      const read = (value: object) => referencesOf(parseManifest(Buffer.from(JSON.stringify(value)), ''))
      const reference = { kind: 'subject', digest: about.digest, size: about.size }
      expect(read({ ...body, subject: about })).toEqual([...read(body), reference])
    }),
  )
})

it('believes no size above 1 TiB, and none at all if they come to more than 128 TiB', () => {
  const sizesOf = (...sizes: number[]) => {
    const layers = sizes.map((size) => ({ mediaType: 'a/layer', digest: `sha256:${'1'.repeat(64)}`, size }))
    const [config = {}] = layers
    const bytes = Buffer.from(JSON.stringify({ config: { ...config, size: 1 }, layers }))
    return referencesOf(parseManifest(bytes, OCI_MANIFEST)).map(({ size }) => size)
  }
  expect(sizesOf(2 ** 40 - 2, 2 ** 40, 2 ** 48, 2 ** 53)).toEqual([1, 2 ** 40 - 2, 0, 0, 0])
  expect(new Set(sizesOf(...Array(300).fill(2 ** 47)))).toEqual(new Set([1, 0]))
  expect(new Set(sizesOf(...Array(300).fill(2 ** 40 - 2)))).toEqual(new Set([0]))
})
