import type { Config } from '../config/schema.ts'
import { makeFindImage } from '../expiry/in-use/find-image.ts'
import { type KnownRegistry, makeFindRegistries } from '../expiry/in-use/find-registries.ts'
import { makeInUse } from '../expiry/in-use/in-use.ts'
import { makeReadSource } from '../expiry/in-use/read-source.ts'

type Deps = Omit<Parameters<typeof makeInUse>[0], 'sources' | 'read' | 'findRegistries' | 'findImage'> &
  Parameters<typeof makeFindImage>[0] &
  Parameters<typeof makeReadSource>[0] & {
    registries: readonly KnownRegistry[]
    /** As configured now. */
    config: () => Pick<Config, 'expiry'>
  }

/** Makes what protects the images that the sources of `expiry.inUse` name. */
export const makeInUseOf = (deps: Deps) =>
  makeInUse({
    ...deps,
    sources: () => deps.config().expiry.inUse,
    read: makeReadSource(deps),
    findRegistries: makeFindRegistries(deps.registries),
    findImage: makeFindImage(deps),
  })
