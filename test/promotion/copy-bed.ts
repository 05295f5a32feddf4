import { buffer } from 'node:stream/consumers'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { type FaultyRegistry, startFaultyRegistry } from '../../lab/faulty-registry.ts'
import { type LabImage, makeImage, makeIndex } from '../../lab/image.ts'
import { pushImage } from '../../lab/push-image.ts'
import { type CopyRequest, makeCopier } from '../../src/promotion/copy/copy-image.ts'
import { makeRegistryClient, type RegistryClient } from '../../src/registry/client.ts'

export const FROM = 'team/app'

/** Takes schema 1, and manifests with layers that are stored elsewhere. */
const EXTRA = `validation: {manifests: {urls: {allow: ["^https://example.org/"]}}}
compatibility: {schema1: {enabled: true}}
`

/** Two real registries that can fail, and copies between them. */
export interface CopyBed {
  ci: FaultyRegistry
  production: FaultyRegistry
  source: RegistryClient
  target: RegistryClient
  /** A target repository and a seed for contents that no other test uses. */
  fresh(): { to: string; seed: string }
  /** Pushes an image to the source, and forgets the requests that this took. */
  pushed(image: LabImage): Promise<LabImage>
  request(digest: string, to: string, changes?: Partial<CopyRequest>): CopyRequest
  /** Copies as another process would: with nothing remembered. */
  copy(digest: string, to: string, changes?: Partial<CopyRequest>): ReturnType<typeof copyAlone>
  /** Each manifest at the target is as at the source, and each of its blobs can be read whole. */
  expectWhole(image: LabImage, to: string): Promise<void>
}

const copyAlone = (request: CopyRequest) => makeCopier().copyImage(request)

export function useCopyBed(): CopyBed {
  const bed = {} as Pick<CopyBed, 'ci' | 'production' | 'source' | 'target'>
  let tests = 0
  beforeAll(async () => {
    const start = () => startFaultyRegistry({ extra: EXTRA })
    ;[bed.ci, bed.production] = await Promise.all([start(), start()])
    bed.source = makeRegistryClient({ name: 'ci', url: bed.ci.url })
    bed.target = makeRegistryClient({ name: 'production', url: bed.production.url })
  })
  beforeEach(() => {
    bed.ci.reset()
    bed.production.reset()
  })
  afterAll(async () => {
    await Promise.all([bed.source?.close(), bed.target?.close()])
    await Promise.all([bed.ci?.close(), bed.production?.close()])
  })
  const request = (digest: string, to: string, changes: Partial<CopyRequest> = {}): CopyRequest => ({
    source: { client: bed.source, repository: FROM },
    target: { client: bed.target, repository: to },
    ...{ sameRegistry: false, digest, sparse: 'refuse', verify: 'sample', referrers: false },
    mountFrom: async () => [],
    ...changes,
  })
  return Object.assign(bed, {
    fresh() {
      tests += 1
      return { to: `released/app${tests}`, seed: `seed ${tests}` }
    },
    async pushed(image: LabImage) {
      await pushImage(bed.source, FROM, `t${tests}`, image)
      bed.ci.reset()
      return image
    },
    request,
    copy: (...args: Parameters<typeof request>) => copyAlone(request(...args)),
    async expectWhole(image: LabImage, to: string) {
      for (const [digest, { bytes }] of image.manifests)
        expect((await bed.target.getManifest(to, digest))?.bytes).toEqual(bytes)
      for (const [digest, bytes] of image.blobs)
        expect(bytes.equals(await buffer(await bed.target.getBlob(to, digest)))).toBe(true)
    },
  })
}

export const imageOf = (seed: string, architecture = 'amd64'): LabImage =>
  makeImage({
    layers: [
      { seed: `${seed} base`, bytes: 40_000 },
      { seed: `${seed} ${architecture}`, bytes: 20_000 },
    ],
    architecture,
    label: seed,
  })

export const indexOf = (seed: string): LabImage =>
  makeIndex([
    { image: imageOf(seed), architecture: 'amd64' },
    { image: imageOf(seed, 'arm64'), architecture: 'arm64' },
  ])

export const bytesOf = (image: LabImage): number =>
  [...image.blobs.values()].reduce((sum, { length }) => sum + length, 0)

export const puts = (registry: FaultyRegistry): string[] =>
  registry.requests.filter((line) => line.startsWith('PUT') && line.includes('/manifests/'))

/** The digests of blobs whose upload was ended. */
export const uploads = (registry: FaultyRegistry): string[] =>
  registry.requests.flatMap((line) => /^PUT .*\/blobs\/uploads\/.*digest=(.*)$/.exec(line)?.[1] ?? [])
