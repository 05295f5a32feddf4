import { describe, expect, test } from 'vitest'
import {
  type LabImage,
  makeBuildKitCache,
  makeImage,
  makeIndex,
  makeSignature,
  signatureTag,
} from '../../../lab/image.ts'
import { type ArtifactKind, artifactKindOf, kindWithTags } from '../../../src/expiry/details/artifact-kind.ts'
import {
  DOCKER_LIST,
  DOCKER_MANIFEST,
  OCI_INDEX,
  OCI_MANIFEST,
  parseManifest,
  SCHEMA_1_SIGNED,
} from '../../../src/registry/manifest.ts'

const digest = `sha256:${'a'.repeat(64)}`
const of = (mediaType: string, more: object = {}) => ({ mediaType, digest, size: 2, ...more })
const EMPTY = 'application/vnd.oci.empty.v1+json'
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
const TAR = 'application/vnd.oci.image.layer.v1.tar+gzip'
const IN_TOTO = 'application/vnd.in-toto+json'
const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json'

const kindOf = (body: object, mediaType = OCI_MANIFEST): ArtifactKind =>
  artifactKindOf(parseManifest(Buffer.from(JSON.stringify({ schemaVersion: 2, ...body })), mediaType))
const kindOfImage = ({ root, manifests }: LabImage): ArtifactKind => {
  const { bytes = Buffer.alloc(0), mediaType = '' } = manifests.get(root.digest) ?? {}
  return artifactKindOf(parseManifest(bytes, mediaType))
}

/** An image manifest with this config and these layers. */
const artifact = (config: string, layers: string[], more: object = {}) => ({
  ...{ config: of(config), layers: layers.map((type) => of(type)), ...more },
})
const bundle = (annotations?: object) =>
  artifact(EMPTY, [BUNDLE], { artifactType: BUNDLE, subject: of(OCI_MANIFEST), annotations })

const image = makeImage({ layers: [{ seed: 'a', bytes: 10 }] })

describe('a manifest is', () => {
  test.each<[string, ArtifactKind, ArtifactKind]>([
    ['an image', kindOfImage(image), 'image'],
    ['an index of platforms', kindOfImage(makeIndex([{ image, architecture: 'amd64' }])), 'index'],
    [
      'a cache of BuildKit as an index',
      kindOfImage(makeBuildKitCache([{ seed: 'a', bytes: 10 }])),
      'buildkit-cache',
    ],
    ['a signature of cosign 2', kindOfImage(makeSignature(image.root.digest)), 'signature'],
  ])('%s, as the lab makes it', (_, kind, expected) => expect(kind).toBe(expected))

  test.each<[string, ArtifactKind, object, string?]>([
    [
      'an image of Docker',
      'image',
      artifact('application/vnd.docker.container.image.v1+json', [
        'application/vnd.docker.image.rootfs.diff.tar.gzip',
      ]),
      DOCKER_MANIFEST,
    ],
    ['an image without a layer', 'image', artifact(OCI_CONFIG, [])],
    ['an image of schema 1', 'image', { schemaVersion: 1, fsLayers: [{ blobSum: digest }] }, SCHEMA_1_SIGNED],
    ['a list of Docker', 'index', { manifests: [of(DOCKER_MANIFEST)] }, DOCKER_LIST],
    ['an index without entries', 'index', {}, OCI_INDEX],
    [
      'an index with the attestation of a platform',
      'index',
      {
        manifests: [
          of(OCI_MANIFEST),
          of(OCI_MANIFEST, { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
        ],
      },
      OCI_INDEX,
    ],
    ['a list of referrers', 'index', { manifests: [of(OCI_MANIFEST, { artifactType: BUNDLE })] }, OCI_INDEX],
    ['an index of files', 'index', { manifests: [of('text/plain')] }, OCI_INDEX],
    // BuildKit 0.21 and later.
    [
      'a cache of BuildKit as an image manifest',
      'buildkit-cache',
      artifact('application/vnd.buildkit.cacheconfig.v0', [TAR, TAR]),
    ],
    ['an empty cache of BuildKit', 'buildkit-cache', artifact('application/vnd.buildkit.cacheconfig.v0', [])],
    // cosign 2 with --registry-referrers-mode oci-1-1.
    [
      'a signature of cosign as a referrer',
      'signature',
      artifact('application/vnd.dev.cosign.artifact.sig.v1+json', [
        'application/vnd.dev.cosign.simplesigning.v1+json',
      ]),
    ],
    [
      'a signature with an empty config',
      'signature',
      artifact(EMPTY, ['application/vnd.dev.cosign.simplesigning.v1+json']),
    ],
    [
      'a signature of notation',
      'signature',
      artifact('application/vnd.cncf.notary.signature', ['application/jose+json']),
    ],
    [
      'a signature of notation with an artifact type',
      'signature',
      artifact(EMPTY, ['application/cose'], { artifactType: 'application/vnd.cncf.notary.signature' }),
    ],
    [
      'a signature of cosign 3',
      'signature',
      bundle({
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://sigstore.dev/cosign/sign/v1',
      }),
    ],
    [
      'a bundle with a message signature',
      'signature',
      bundle({ 'dev.sigstore.bundle.content': 'message-signature' }),
    ],
    ['a bundle that says no more', 'signature', bundle()],
    [
      'a bundle of version 0.2',
      'signature',
      artifact(EMPTY, [BUNDLE], { artifactType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }),
    ],
    [
      'a bundle with provenance (actions/attest)',
      'attestation',
      bundle({
        'dev.sigstore.bundle.content': 'dsse-envelope',
        'dev.sigstore.bundle.predicateType': 'https://slsa.dev/provenance/v1',
      }),
    ],
    [
      'an attestation of cosign 2',
      'attestation',
      artifact(OCI_CONFIG, ['application/vnd.dsse.envelope.v1+json']),
    ],
    ['an attestation of BuildKit', 'attestation', artifact(OCI_CONFIG, [IN_TOTO, IN_TOTO])],
    [
      'an attestation of BuildKit as an artifact',
      'attestation',
      artifact(EMPTY, [IN_TOTO], { artifactType: 'application/vnd.docker.attestation.manifest.v1+json' }),
    ],
    ['an SBOM that cosign attached', 'sbom', artifact(OCI_CONFIG, ['text/spdx+json'])],
    [
      'an SBOM of Trivy',
      'sbom',
      artifact(EMPTY, ['application/vnd.cyclonedx+json'], { artifactType: 'application/vnd.cyclonedx+json' }),
    ],
    ['an SBOM of Harbor', 'sbom', artifact('application/vnd.goharbor.harbor.sbom.v1', ['application/json'])],
    [
      'a chart of Helm with provenance',
      'helm',
      artifact('application/vnd.cncf.helm.config.v1+json', [
        'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
        'application/vnd.cncf.helm.chart.provenance.v1.prov',
      ]),
    ],
    [
      'a module of WebAssembly',
      'wasm',
      artifact('application/vnd.wasm.config.v0+json', ['application/wasm']),
    ],
    [
      'an older module of WebAssembly',
      'wasm',
      artifact('application/vnd.module.wasm.config.v1+json', ['application/vnd.wasm.content.layer.v1+wasm']),
    ],
    [
      'an artifact of ORAS',
      'other',
      artifact(EMPTY, ['text/plain'], { artifactType: 'application/vnd.example.report' }),
    ],
    [
      'an artifact with the config of an image',
      'other',
      artifact(OCI_CONFIG, [TAR], { artifactType: 'application/vnd.example.bundle' }),
    ],
    [
      'a configuration of Flux',
      'other',
      artifact('application/vnd.cncf.flux.config.v1+json', ['application/vnd.cncf.flux.content.v1.tar+gzip']),
    ],
    // One layer is none of a signature.
    ['an image with a statement among its layers', 'image', artifact(OCI_CONFIG, [TAR, IN_TOTO])],
  ])('%s: %s', (_, expected, body, mediaType) => expect(kindOf(body, mediaType)).toBe(expected))

  test('found by its type without regard to case', () => {
    expect(kindOf(artifact('Application/vnd.CNCF.helm.config.v1+JSON', []))).toBe('helm')
  })
})

test('the tags of cosign tell the kind of an unknown artifact, and of nothing else', () => {
  const signature = signatureTag(digest)
  expect(kindWithTags('other', [signature])).toBe('signature')
  expect(kindWithTags('other', [signature.replace('.sig', '.att')])).toBe('attestation')
  expect(kindWithTags('other', [signature.replace('.sig', '.sbom')])).toBe('sbom')
  // Anybody can set such a tag.
  expect(kindWithTags('image', [signature])).toBe('image')
  expect(kindWithTags('other', [signature, 'v1'])).toBe('other')
  expect(kindWithTags('other', [signature, signature.replace('.sig', '.att')])).toBe('other')
  expect(kindWithTags('other', ['sha256-abc.sig'])).toBe('other')
  expect(kindWithTags('other', [])).toBe('other')
})
