import type { Config } from '../config/schema.ts'
import type { Pulls } from '../events/pulls.ts'
import type { KnownUse } from '../expiry/age-and-use.ts'
import { isAbout } from '../expiry/in-use/source.ts'

/** Makes a function that says what is known of the use of a registry's images. */
export const makeUseOf =
  ({ config, pulls }: { config: () => Config; pulls: Pick<Pulls, 'of'> }) =>
  async (registry: string): Promise<KnownUse> => {
    const { registries, expiry } = config()
    const isListed = expiry.inUse.some((source) => isAbout(source, registry))
    const known = { isComplete: isListed || registries[registry]?.pulls === 'complete', isListed }
    const heard = await pulls.of(registry)
    return heard.areHeard ? { ...known, since: heard.since } : { ...known, since: 0, unheard: heard.reason }
  }
