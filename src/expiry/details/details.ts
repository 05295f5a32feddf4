import type { ArtifactKind } from './artifact-kind.ts'

/**
 * Labels or annotations. `null`: there is a value, but it is not known: it is too long to be kept, or differs between the images of
 * an index. `undefined`: it is not known whether there is one, since only some images of an index have it.
 */
export type Texts = Readonly<Record<string, string | null | undefined>>

/** What a manifest, and its config, say about an image. The index has none of this. */
export interface Details {
  kind: ArtifactKind
  mediaType: string
  /** The field of this name; `undefined` if the manifest has none. */
  artifactType: string | undefined
  configMediaType: string | undefined
  /** `undefined` if they are not known. */
  labels: Texts | undefined
  /** `undefined` if they are not known. */
  annotations: Texts | undefined
}

/** What is kept of an image. `labels` and `annotations` are `null` if they cannot be known, `undefined` if they were not read. */
export interface KeptDetails extends Omit<Details, 'labels' | 'annotations'> {
  labels: Texts | null | undefined
  annotations: Texts | null
}

/** An entry of the cache. What it lacks could not be read, and is not asked for before `retryAt` (epoch µs). */
export interface Entry {
  details?: KeptDetails
  retryAt?: number
}

/** The longest value of a label or an annotation that is kept, in characters. Most are shorter than 100. */
const LONGEST_VALUE = 1_024
/** The most characters of all labels of an image that are kept, as JSON. Whoever pushes decides how many there are. */
const MOST_TEXT = 16_384

/** Labels or annotations as they are kept; `null` if they are too many. */
export function keptTexts(texts: Readonly<Record<string, string>>): Texts | null {
  const kept = Object.fromEntries(
    Object.entries(texts).map(([name, value]) => [name, value.length > LONGEST_VALUE ? null : value]),
  )
  return JSON.stringify(kept).length > MOST_TEXT ? null : kept
}

/**
 * The labels of an index, of those of all these manifests. Where their values differ, the value is not known. Where only some have
 * a label, it is not known whether the index has it. `undefined` if those of one of them are not known.
 */
export function sharedTexts(all: readonly (Texts | undefined)[]): Texts | undefined {
  const known = all.filter((texts) => texts !== undefined)
  if (known.length < all.length) return undefined
  const names = new Set(known.flatMap((texts) => Object.keys(texts)))
  return Object.fromEntries([...names].map((name) => [name, sharedText(known, name)]))
}

function sharedText(all: readonly Texts[], name: string): string | null | undefined {
  if (!all.every((texts) => Object.hasOwn(texts, name))) return undefined
  const [value, ...others] = new Set(all.map((texts) => texts[name]))
  return others.length > 0 ? null : value
}
