import type { ImageName } from '../expiry/image-name.ts'
import { printable } from '../platform/printable.ts'
import type { PromotionJob } from '../queue/jobs.ts'
import type { Queues } from '../queue/queues.ts'
import type { RegistryClient } from '../registry/client.ts'
import { isDigest } from '../registry/digest.ts'
import { isRepositoryName, isTag } from '../registry/name.ts'
import { RegistryError } from '../registry/registry-error.ts'
import { digestKey } from '../usage/digest-key.ts'
import { projectId } from '../usage/project.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { askByRequest } from './ask.ts'
import { type Asker, chooseTarget, type PromotionRequest, textOf } from './choose-target.ts'
import type { FindMatches } from './match.ts'
import { PromotionRefusal } from './refusal.ts'
import type { PromotionRule } from './rule.ts'

export interface RequestDeps {
  queues: Pick<Queues, 'promotion'>
  index: Pick<UsageIndex, 'tag' | 'images' | 'imagesOf'>
  clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'>
  /** The path of the project of a repository. */
  projectOf: (registry: string, repository: string) => string
  /** Those that are configured. */
  registries: readonly { name: string; type: 'registry' | 'cache' }[]
  /** As configured now. */
  rules: () => readonly PromotionRule[]
  match: FindMatches
  /** epoch µs */
  now: () => number
}

/**
 * Makes what asks for a promotion of which somebody says the image and the target registry. It gives the id of the promotion.
 * @throws PromotionRefusal that says what is wrong
 */
export function makeRequestPromotion(deps: RequestDeps) {
  const { index } = deps

  return async function request(asked: PromotionRequest, asker: Asker): Promise<string> {
    const { image, overwrite } = asked
    const { registry, repository, reference } = image
    checkRegistries(asked)
    const tag = isDigest(reference) ? undefined : reference
    const matches = tag === undefined ? [] : deps.match({ registry, repository, tag })
    const { rule, to } = chooseTarget(asked, asker, matches, deps.rules())
    if (!isRepositoryName(to.repository) || !isTag(to.tag))
      throw new PromotionRefusal(
        409,
        `${textOf(image)} cannot be copied: there is no name ${printable(`${to.repository}:${to.tag}`)}`,
      )
    if (to.registry === registry && to.repository === repository && to.tag === tag)
      throw new PromotionRefusal(400, `${textOf(image)} is its own target`)
    const digest = await digestOf(image)
    const project = projectId(registry, deps.projectOf(registry, repository))
    if (tag === undefined && !asked.child) await checkNoChild(project, image)
    const job: PromotionJob = {
      ...{ kind: 'copy', registry, project, repository, digest, to, by: asker.by },
      ...(asker.claims && { claims: asker.claims }),
      ...(rule !== undefined && { rule }),
      ...(tag !== undefined && { tag }),
      ...(overwrite !== undefined && { overwrite }),
      pushedAt: await pushedAt(project, repository, tag, digest),
    }
    return askByRequest(deps.queues, job)
  }

  function checkRegistries({ image, to }: PromotionRequest): void {
    const names = deps.registries.map(({ name }) => name)
    for (const name of [image.registry, to])
      if (!names.includes(name))
        throw new PromotionRefusal(404, `there is no registry "${name}"; configured: ${names.join(', ')}`)
    if (deps.registries.find(({ name }) => name === to)?.type === 'cache')
      throw new PromotionRefusal(
        400,
        `${to} is a pull-through cache (type: cache): nothing can be copied to it`,
      )
  }

  async function digestOf(image: ImageName): Promise<string> {
    const { registry, repository, reference } = image
    const found = await deps
      .clientOf(registry)
      .headManifest(repository, reference)
      .catch((error) => {
        throw error instanceof RegistryError ? new PromotionRefusal(502, error.message) : error
      })
    if (found === undefined) throw new PromotionRefusal(404, noSuchImage(image))
    return found.digest
  }

  /** Refuses an image that an index lists, as far as the usage index knows: that index was probably meant. */
  async function checkNoChild(project: string, { repository, reference }: ImageName): Promise<void> {
    const key = digestKey(reference)
    const parent = (await index.images(project, repository)).find(({ references }) =>
      references?.some((one) => one.kind === 'child' && one.key === key),
    )
    if (parent === undefined) return
    const tags = parent.tags.map(({ name }) => name).join(', ')
    throw new PromotionRefusal(
      409,
      `${reference} is part of the index ${parent.digest} (${tags === '' ? 'without a tag' : `tagged ${tags}`}): name that one, or say \`child\` to copy the part alone`,
    )
  }

  /** epoch µs. What the index does not know is as good as pushed now. */
  async function pushedAt(
    project: string,
    repository: string,
    tag: string | undefined,
    digest: string,
  ): Promise<number> {
    const now = deps.now()
    if (tag === undefined) {
      const [found] = await index.imagesOf(project, repository, [digest])
      return Math.min(found?.age.at || now, now)
    }
    const found = await index.tag(project, repository, tag)
    return found?.digestKey === digestKey(digest) ? Math.min(found.at, now) : now
  }
}
export const noSuchImage = (image: ImageName): string => `there is no image ${textOf(image)} in its registry`

export type RequestPromotion = ReturnType<typeof makeRequestPromotion>
