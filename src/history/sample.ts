import type { ProjectUsage } from '../usage/usage.ts'

/** What a history keeps of a project or a registry. Sizes in bytes. All are whole numbers below 2^52. */
export const MEASURES = ['uniqueBytes', 'exclusiveBytes', 'referencedBytes', 'tags', 'manifests'] as const
export type Measure = (typeof MEASURES)[number]
export type Sample = Readonly<Record<Measure, number>>

/** A sample of an hour or of a day. `slot`: hours or days since the epoch, in UTC. */
export interface Point {
  slot: number
  sample: Sample
}

export const HOUR_MS = 3_600_000
export const DAY_MS = 86_400_000

export const hourOf = (ms: number): number => Math.floor(ms / HOUR_MS)
export const dayOf = (ms: number): number => Math.floor(ms / DAY_MS)

export const NOTHING: Sample = {
  uniqueBytes: 0,
  exclusiveBytes: 0,
  referencedBytes: 0,
  tags: 0,
  manifests: 0,
}

export const sampleOf = (usage: Pick<ProjectUsage, Measure>): Sample => ({
  uniqueBytes: usage.uniqueBytes,
  exclusiveBytes: usage.exclusiveBytes,
  referencedBytes: usage.referencedBytes,
  tags: usage.tags,
  manifests: usage.manifests,
})

export const addSamples = (a: Sample, b: Sample): Sample => ({
  uniqueBytes: a.uniqueBytes + b.uniqueBytes,
  exclusiveBytes: a.exclusiveBytes + b.exclusiveBytes,
  referencedBytes: a.referencedBytes + b.referencedBytes,
  tags: a.tags + b.tags,
  manifests: a.manifests + b.manifests,
})
