import type { TaggedImage } from './match.ts'
import type { Receipts } from './receipts.ts'
import type { Targets } from './targets.ts'

/** When an image was rolled back from a target tag, RFC 3339; `undefined` if that was not the last thing that Tallyman did there. */
export type RolledBackAt = (to: TaggedImage, digest: string) => Promise<string | undefined>

export const makeRolledBackAt =
  (deps: { targets: Pick<Targets, 'last'>; receipts: Pick<Receipts, 'find'> }): RolledBackAt =>
  async (to, digest) => {
    const last = await deps.targets.last(to)
    const receipt = last && (await deps.receipts.find(last.promotion))
    return receipt?.kind === 'rollback' && receipt.replaced === digest ? receipt.at : undefined
  }
