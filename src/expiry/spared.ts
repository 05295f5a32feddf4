import type { IndexedImage } from '../usage/indexed-image.ts'
import type { Decision } from './decision.ts'
import type { Family } from './evict-families.ts'
import { nameOf } from './evicted.ts'

/** Why an eviction spares images, half a sentence each, by `repository@digest`. */
export type SparedImages = ReadonlyMap<string, string>

/** An image of several families has the reason of the first. */
export function sparedImages(
  spared: readonly { family: Family; reason: string }[],
  inNoTier: readonly IndexedImage[],
): SparedImages {
  const reasons = new Map(inNoTier.map((image) => [nameOf(image), 'it is in no tier']))
  for (const { family, reason } of spared)
    for (const image of family.images) if (!reasons.has(nameOf(image))) reasons.set(nameOf(image), reason)
  return reasons
}

/** Adds to the decisions on images that stay why the eviction spares them. */
export function withSpared(decisions: readonly Decision[], spared: SparedImages): readonly Decision[] {
  if (spared.size === 0) return decisions
  return decisions.map((decision) => {
    const reason = decision.isLeft && decision.verdict === 'keep' && spared.get(nameOf(decision))
    return reason
      ? { ...decision, nearMisses: [...(decision.nearMisses ?? []), `"evict": ${reason}`] }
      : decision
  })
}

/** Images that stay, by reason: `4 (it is in no tier), 1 (…)`. `protectedImages`: no rule decides them, and something else keeps them. */
export function sparedText(spared: SparedImages, protectedImages: number): string {
  const counts = new Map<string, number>()
  for (const reason of spared.values()) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  if (protectedImages > 0) counts.set('protected, or part of what is kept', protectedImages)
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  return sorted.map(([reason, count]) => `${count} (${reason})`).join(', ')
}
