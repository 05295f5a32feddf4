import { IMAGE_CONFIGS } from '../../registry/build-time.ts'
import { isIndexType, isSchema1Type, type ParsedManifest } from '../../registry/manifest.ts'

/**
 * What a manifest can be. `image`: a container image of one platform. `index`: a list of manifests, such as a multi-platform
 * image. `buildkit-cache`: a build cache in either form. `other`: an artifact of a type that is not known here.
 */
export const ARTIFACT_KINDS = [
  'image',
  'index',
  'buildkit-cache',
  'signature',
  'attestation',
  'sbom',
  'helm',
  'wasm',
  'other',
] as const
export type ArtifactKind = (typeof ARTIFACT_KINDS)[number]

/**
 * The media types that tell a kind, as the type of an artifact, of a config or of layers. A type that ends with `*` stands for
 * all that begin so. Where they come from:
 * - BuildKit, cache/remotecache/v1/spec.go: the config of a cache.
 * - cosign, specs/SIGNATURE_SPEC.md and pkg/types/media.go: layers of what has a tag `.sig`, `.att` or `.sbom`.
 *   `vnd.dev.cosign.artifact.*` is the type of the same as referrers (its flag `--registry-referrers-mode oci-1-1`).
 * - Notary Project, specs/signature-specification.md, "Storage": the config of a signature.
 * - in-toto attestation, spec/v1/envelope.md: `vnd.in-toto+json`, `vnd.in-toto.<predicate>+dsse`.
 * - Docker, "Image attestation storage": layers of an attestation manifest. BuildKit, exporter option `oci-artifact`: its
 *   artifact type.
 * - Trivy, pkg/fanal/artifact/image/remote_sbom.go: the artifact type of an SBOM. Harbor,
 *   src/controller/artifact/processor/sbom: that of its own SBOMs.
 * - Helm, docs/topics/registries.md, "Helm chart manifest": the config of a chart.
 * - CNCF TAG Runtime, "Wasm OCI Artifact layout": the config and the layer of a module. `vnd.module.wasm` is Solo.io's older
 *   form, `vnd.bytecodealliance` that of runwasi, whose config is that of a container image.
 */
const TYPES: readonly (readonly [ArtifactKind, ...string[]])[] = [
  ['buildkit-cache', 'application/vnd.buildkit.cacheconfig.*'],
  [
    'signature',
    'application/vnd.dev.cosign.simplesigning.v1+json',
    'application/vnd.dev.cosign.artifact.sig.*',
    'application/vnd.cncf.notary.signature',
  ],
  [
    'attestation',
    'application/vnd.in-toto*',
    'application/vnd.dsse.envelope.*',
    'application/vnd.dev.cosign.artifact.att.*',
    'application/vnd.docker.attestation.manifest.*',
  ],
  [
    'sbom',
    'text/spdx*',
    'spdx+json',
    'application/spdx+json',
    'application/vnd.cyclonedx*',
    'application/vnd.syft*',
    'application/vnd.dev.cosign.artifact.sbom.*',
    'application/vnd.goharbor.harbor.sbom.*',
  ],
  ['helm', 'application/vnd.cncf.helm.config.*'],
  [
    'wasm',
    'application/wasm',
    'application/vnd.wasm.*',
    'application/vnd.module.wasm.*',
    'application/vnd.bytecodealliance.wasm.component.layer.*',
  ],
]

/** The type of sigstore bundles, `…bundle.v0.3+json` and `…bundle+json;version=0.2` (sigstore, protos/sigstore_bundle.proto). */
const BUNDLE = 'application/vnd.dev.sigstore.bundle'
const CONTENT = 'dev.sigstore.bundle.content'
const PREDICATE = 'dev.sigstore.bundle.predicateType'
/** cosign 3 writes a signature as an in-toto statement with this predicate. */
const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1'

/**
 * What a manifest is. The artifact type of an image manifest is its `artifactType`, or else the type of its config (OCI image
 * spec 1.1, manifest.md, "Guidelines for Artifact Usage"). Signatures and attestations of older tools have the config of a
 * container image, so the layers count before that. A cache in its older form is an index of layers and of a config (GitLab
 * container-registry, merge request 719).
 */
export function artifactKindOf(manifest: ParsedManifest): ArtifactKind {
  const { mediaType, artifactType, config, layers, annotations } = manifest
  const stated = kindOfType(artifactType, annotations) ?? kindOfType(config?.mediaType, annotations)
  if (stated !== undefined) return stated
  const [first, ...others] = layers.map((layer) => kindOfType(layer.mediaType, annotations))
  if (isIndexType(mediaType))
    return [first, ...others].includes('buildkit-cache') ? 'buildkit-cache' : 'index'
  if (first !== undefined && others.every((kind) => kind === first)) return first
  if (isSchema1Type(mediaType)) return 'image'
  return IMAGE_CONFIGS.includes(artifactType ?? config?.mediaType ?? '') ? 'image' : 'other'
}

function kindOfType(text = '', annotations: ParsedManifest['annotations'] = {}) {
  const type = text.toLowerCase()
  if (type.startsWith(BUNDLE)) return kindOfBundle(annotations)
  return TYPES.find(([, ...types]) => types.some((known) => isOf(known, type)))?.[0]
}

const isOf = (known: string, type: string): boolean =>
  known.endsWith('*') ? type.startsWith(known.slice(0, -1)) : type === known

/** A bundle holds a signature, or an attestation. Its annotations say which (cosign, specs/BUNDLE_SPEC.md, "Publishing"). */
function kindOfBundle(annotations: Readonly<Record<string, string>>): ArtifactKind {
  const isStatement = annotations[CONTENT] === 'dsse-envelope'
  return isStatement && annotations[PREDICATE] !== SIGN_PREDICATE ? 'attestation' : 'signature'
}

const KIND_OF_SUFFIX: Readonly<Record<string, ArtifactKind>> = {
  ...{ sig: 'signature', att: 'attestation', sbom: 'sbom' },
}

/**
 * What an artifact of an unknown type is by its tags: all of them are cosign's, `sha256-<hex>` and a suffix (cosign,
 * specs/SIGNATURE_SPEC.md, "Tag-based discovery"). A known type counts more, since anybody can set such a tag.
 */
export function kindWithTags(kind: ArtifactKind, tags: readonly string[]): ArtifactKind {
  if (kind !== 'other') return kind
  const [first, ...others] = tags.map((tag) => COSIGN_TAG.exec(tag)?.[1])
  return first !== undefined && others.every((suffix) => suffix === first)
    ? (KIND_OF_SUFFIX[first] ?? kind)
    : kind
}

const COSIGN_TAG = /^sha(?:256|384|512)-[0-9a-f]{64,128}\.(sig|att|sbom)$/
