import pMap from 'p-map'
import type { RegistryClient } from '../registry/client.ts'
import type { PromotionReceipt } from './receipt.ts'

const AT_ONCE = { concurrency: 8 }

/**
 * Makes a function that compares a receipt with its target: the tag must name the digest, and each manifest that was copied must
 * be there. Gives what differs, as people read it. @throws RegistryError
 */
export const makeCheckReceipt =
  (deps: { clientOf: (registry: string) => Pick<RegistryClient, 'headManifest'> }) =>
  async ({ to, digest, manifests, referrers }: PromotionReceipt): Promise<string[]> => {
    const { registry, repository, tag } = to
    const client = deps.clientOf(registry)
    const image = `${registry}/${repository}`
    const atTag = (await client.headManifest(repository, tag))?.digest
    const differences =
      atTag === digest
        ? []
        : [
            `${image}:${tag} ${names(atTag)}; after the ${digest === undefined ? 'rollback it was deleted' : `promotion it named ${digest}`}`,
          ]
    const copied = [...new Set([...manifests, ...referrers.map((one) => one.digest)])]
    const found = await pMap(copied, (one) => client.headManifest(repository, one), AT_ONCE)
    const missing = copied.filter((_, n) => found[n] === undefined)
    return [...differences, ...missing.map((one) => `${image}@${one} is not there any more`)]
  }

const names = (digest: string | undefined) => (digest === undefined ? 'is not there' : `names ${digest}`)
