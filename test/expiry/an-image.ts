import type { IndexedImage } from '../../src/usage/indexed-image.ts'

/** The time of the images of these tests, epoch µs. */
export const THEN = 1_795_449_746_518_381

export const digestOf = (n: number): string => `sha256:${n.toString(16).padStart(2, '0').repeat(32)}`

export const keyOf = (n: number): string => digestOf(n).slice('sha256:'.length, 'sha256:'.length + 32)

/** Image number `n` as the index would give it, with these tags and children. */
export function anImage(
  n: number,
  {
    tags = [],
    children = [],
    subject,
    ...more
  }: Partial<Omit<IndexedImage, 'tags'>> & { tags?: string[]; children?: number[]; subject?: number } = {},
): IndexedImage {
  const age = { at: THEN, source: 'event' } as const
  return {
    ...{ repository: 'team/app', digest: digestOf(n), size: 500, totalSize: 1_000, isResolved: true },
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    references: [
      ...children.map((child) => ({ kind: 'child' as const, key: keyOf(child), size: 0 })),
      ...(subject === undefined ? [] : [{ kind: 'subject' as const, key: keyOf(subject), size: 0 }]),
    ],
    ...{ age, heardSince: THEN, pulledAt: 0 },
    tags: tags.map((name) => ({ name, age })),
    ...more,
  }
}
