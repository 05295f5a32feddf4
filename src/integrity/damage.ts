import type { ParsedManifest } from '../registry/manifest.ts'

/**
 * What is wrong with one content:
 * - `missing`: the registry does not give it
 * - `size`: it has another number of bytes than the manifest that names it states
 * - `corrupt`: its bytes do not hash to its digest
 */
export type Fault = 'missing' | 'size' | 'corrupt'

/** What a content is to the image. */
export type Part = 'manifest' | 'child' | 'config' | 'layer'

/** One content of an image that is not as it should be. Sizes in bytes. */
export interface Damage {
  digest: string
  part: Part
  fault: Fault
  /** As the manifest states it; 0 if it states none. */
  size: number
  /** The size that was found. Only of `size`, and of `corrupt` if it is known. */
  found?: number
  /** What a scrub says of it: who serves it so. Absent if no scrub has found it. */
  at?: string
  /** Whether the registry itself has it right, and only what is in front of it serves it so. */
  isInFront?: true
}

/** A content that a manifest names and that the registry is to have. */
export interface Content {
  digest: string
  part: 'config' | 'layer'
  /** bytes, as stated; 0 if it states none */
  size: number
}

/** The contents of a manifest that the registry is to have. `held`: as `asHeld` gives it, so `foreign` is what it lacks rightly. */
export function contentsOf(held: ParsedManifest): Content[] {
  const named = [
    ...(held.config ? [{ ...held.config, part: 'config' as const }] : []),
    ...held.layers.map((layer) => ({ ...layer, part: 'layer' as const })),
  ]
  const contents = named
    .filter(({ foreign }) => foreign === undefined)
    .map(({ digest, part, size }): Content => ({ digest, part, size }))
  return [...new Map(contents.map((content) => [content.digest, content])).values()]
}

/** What is wrong with a content of which `found` is the size; `undefined` if it is missing. A size that is not told is right. */
export function damageOf(content: Content, found: number | undefined): Damage | undefined {
  if (found === undefined) return { ...content, fault: 'missing' }
  if (content.size > 0 && found !== content.size) return { ...content, fault: 'size', found }
  return undefined
}
