import type { Logger } from '../platform/log.ts'
import { shareFor } from '../platform/share-for.ts'
import { type StoreIdentity, storeDoubt } from '../store/store-identity.ts'
import type { OnClose } from './base-parts.ts'

/** How long a look may be used, in ms. */
const SHARED_MS = 2_000

/**
 * Looks whether the store is the one that Redis knows: now, every `everyMs`, and when somebody asks. Of a store that is not, each
 * look of the timer logs an error.
 */
export async function watchStore(deps: {
  identity: StoreIdentity
  everyMs: number
  log: Pick<Logger, 'error'>
  onClose: OnClose
}) {
  let shared = shareFor(SHARED_MS, deps.identity.state)
  const look = async () => {
    // While the store or Redis is away, others say so.
    const doubt = storeDoubt(await shared().catch(() => 'known' as const))
    if (doubt !== undefined) deps.log.error(doubt)
  }
  await look()
  const timer = setInterval(look, deps.everyMs)
  timer.unref()
  deps.onClose(async () => clearInterval(timer))
  return {
    state: () => shared(),
    /** Why nothing may be deleted; `undefined` if there is no reason. */
    doubt: async (): Promise<string | undefined> => {
      try {
        return storeDoubt(await shared())
      } catch (error) {
        return `it is not known what people keep, since the store gives no answer: ${(error as Error).message}`
      }
    },
    /** To be called after something was written whose loss must be noticed. It is written in any case. */
    noteChange: (): Promise<void> =>
      deps.identity
        .noteChange()
        .catch((err) =>
          deps.log.error({ err }, 'the store could not note a change: if it is lost, that is not noticed'),
        ),
    async accept() {
      await deps.identity.accept()
      shared = shareFor(SHARED_MS, deps.identity.state)
    },
  }
}
export type StoreWatch = Awaited<ReturnType<typeof watchStore>>
