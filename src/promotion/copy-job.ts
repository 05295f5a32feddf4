import type { PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import type { Copied } from './copy/copied.ts'
import type { Copier } from './copy/copy-image.ts'
import type { Attempt } from './outcome.ts'
import type { CopyOptions } from './rule.ts'

/** Makes what copies the image of a job with all that refers to it, and writes no tag of the image. @throws RegistryError, CopyError */
export const makeCopyJob =
  (deps: {
    clientOf: (registry: string) => RegistryClient
    copier: Pick<Copier, 'copyImage'>
    /** Gives what finds repositories of a registry that have a blob. */
    mountFrom: (registry: string) => (digest: string) => Promise<readonly string[]>
  }) =>
  (
    { registry, repository, digest, to }: PromotionJob,
    { sparse, verify, platforms, maxReferrers, maxReferrersSize }: CopyOptions,
    onProgress: Attempt['onProgress'],
  ): Promise<Copied> =>
    deps.copier.copyImage({
      source: { client: deps.clientOf(registry), repository },
      target: { client: deps.clientOf(to.registry), repository: to.repository },
      sameRegistry: to.registry === registry,
      ...{ digest, sparse, verify, referrers: true },
      ...(platforms && { platforms }),
      limits: { count: maxReferrers, bytes: maxReferrersSize },
      mountFrom: deps.mountFrom(to.registry),
      onProgress,
    })
