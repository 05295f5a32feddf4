import type { SceneRegistry } from './expiring.ts'
import {
  type LabImage,
  makeBuildKitCache,
  makeBuildKitImageCache,
  makeImage,
  makeIndex,
  makeReferrer,
  makeReferrerList,
  makeSignature,
  referrersTag,
  signatureTag,
} from './image.ts'

/** A push of a scene. Of those that `expire`, nothing stays; a tag that is `untagged` goes alone. */
export interface ScenePush {
  tag: string
  image: LabImage
  fate: 'stays' | 'expires' | 'untagged'
}

/** The rules of the scene. */
export const SCENE_RULES = [
  { tag: 'v*', keep: true },
  { tag: 'pr-*', olderThan: '1ms', expire: true },
  { tagged: false, olderThan: '1ms', expire: true },
  { kind: 'buildkit-cache', tag: 'old-*', olderThan: '1ms', expire: true },
]

const image = (seed: string, architecture = 'amd64') =>
  makeImage({
    layers: [
      { seed: 'base', bytes: 3_000 },
      { seed, bytes: 1_000 },
    ],
    architecture,
    label: seed,
  })
const index = (seed: string, arm64 = image(`${seed} arm64`, 'arm64')) =>
  makeIndex([
    { image: image(seed), architecture: 'amd64' },
    { image: arm64, architecture: 'arm64' },
  ])
const layers = (seed: string) => [
  { seed: 'cached base', bytes: 2_000 },
  { seed, bytes: 1_000 },
]

/**
 * What a repository has after some months, in the order of the pushes: indexes that share an image, signatures in both forms, a
 * digest with a tag that stays and one that expires, build caches in both forms, and what tags have left behind.
 */
export function scenePushes(): ScenePush[] {
  const sharedChild = image('shared arm64', 'arm64')
  const [release, feature] = [index('release', sharedChild), index('feature', sharedChild)]
  const [child = ''] = release.manifests.keys()
  const [ofRelease, ofFeature] = [release, feature].map(({ root }) =>
    makeReferrerList([makeReferrer(root, 'first'), makeReferrer(root, 'second')]),
  )
  if (ofRelease === undefined || ofFeature === undefined) throw new Error('there are two')
  const both = image('with two tags')
  const push = (tag: string, image: LabImage, fate: ScenePush['fate']): ScenePush => ({ tag, image, fate })
  return [
    push('v1', release, 'stays'),
    push(signatureTag(release.root.digest), makeSignature(release.root.digest), 'stays'),
    push(signatureTag(child), makeSignature(child), 'stays'),
    push(referrersTag(release.root.digest), ofRelease, 'stays'),
    push('pr-1', feature, 'expires'),
    push(signatureTag(feature.root.digest), makeSignature(feature.root.digest), 'expires'),
    push(referrersTag(feature.root.digest), ofFeature, 'expires'),
    push('v2', both, 'stays'),
    push('pr-2', both, 'untagged'),
    push('pr-3', image('of a pull request'), 'expires'),
    push('edge', image('old edge'), 'expires'),
    push('edge', image('edge'), 'stays'),
    push('nightly', index('old nightly'), 'expires'),
    push('nightly', index('nightly'), 'stays'),
    push('cache', makeBuildKitImageCache(layers('first cache')), 'expires'),
    push('cache', makeBuildKitImageCache(layers('second cache')), 'stays'),
    push('cache-index', makeBuildKitCache(layers('first cache')), 'expires'),
    push('cache-index', makeBuildKitCache(layers('second cache')), 'stays'),
    push('old-cache', makeBuildKitImageCache(layers('of last year')), 'expires'),
  ]
}

/** What a repository has: its tags with their digests, and which of the manifests of a scene, sorted. */
export interface SceneContent {
  tags: Record<string, string>
  manifests: string[]
}

export async function contentOf(
  registry: Pick<SceneRegistry, 'client' | 'tags' | 'has'>,
  repository: string,
  pushes: readonly ScenePush[],
): Promise<SceneContent> {
  const tags: Record<string, string> = {}
  for (const tag of await registry.tags(repository)) {
    const digest = (await registry.client.headManifest(repository, tag))?.digest
    // docker-registry 2.8 may leave tags behind that name nothing, if another tag is written meanwhile: docs/registries.md.
    if (digest !== undefined) tags[tag] = digest
  }
  const manifests: string[] = []
  for (const digest of digestsOf(pushes)) if (await registry.has(repository, digest)) manifests.push(digest)
  return { tags, manifests }
}

/** What a repository has after these pushes and nothing else. */
export const contentAfter = (pushes: readonly ScenePush[]): SceneContent => ({
  tags: Object.fromEntries(pushes.map(({ tag, image }) => [tag, image.root.digest])),
  manifests: digestsOf(pushes),
})

const digestsOf = (pushes: readonly ScenePush[]): string[] =>
  [...new Set(pushes.flatMap(({ image }) => [...image.manifests.keys()]))].toSorted()
