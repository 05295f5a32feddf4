import fc from 'fast-check'
import { digestOf } from '../../lab/image.ts'
import type { RulePolicy } from '../../src/expiry/plan.ts'
import { type Entry, entryOf } from '../../src/replay/journal-line.ts'
import type { Fact, Reference } from '../../src/usage/fact.ts'

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'

/** When the recorded past begins, epoch µs. */
export const BEGIN = Date.parse('2026-11-01T00:00:00Z') * 1000
export const HOUR = 3_600_000_000
export const DAY = 24 * HOUR

export const manifestDigest = (n: number) => digestOf(Buffer.from(`manifest ${n}`))
const blob = (n: number): Reference => ({
  ...{ kind: 'blob' as const, digest: digestOf(Buffer.from(`blob ${n}`)), size: 1_000 * 2 ** n },
})

/** The images 0 to 3 share layers; 4 is an index of 0 and 1. */
function referencesOf(n: number): Reference[] {
  if (n === 4)
    return [0, 1].map((child) => ({ kind: 'child', digest: manifestDigest(child), size: 400 + child }))
  return [blob(n), blob(n + 1), blob(n + 2)]
}

export interface Heard {
  /** epoch µs */
  at: number
  entry: Entry
}

interface Step {
  kind: 'push' | 'pull' | 'head' | 'delete' | 'untag'
  hours: number
  repository: string
  manifest: number
  tag: string | undefined
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('push', 'push', 'pull', 'pull', 'pull', 'head', 'delete', 'untag'),
  hours: fc.integer({ min: 1, max: 30 }),
  repository: fc.constantFrom('team/app', 'team/web'),
  manifest: fc.integer({ min: 0, max: 4 }),
  tag: fc.constantFrom(undefined, 'pr-1', 'pr-2', 'v1'),
})

function factOf({ kind, repository, manifest, tag }: Step, at: number, id: string): Fact {
  const image = {
    ...{ repository, at, digest: manifestDigest(manifest), size: 400 + manifest },
    mediaType: manifest === 4 ? OCI_INDEX : OCI_MANIFEST,
    ...(tag !== undefined && { tag }),
  }
  if (kind === 'push') return { kind, ...image, references: referencesOf(manifest), extent: 'read' }
  if (kind === 'pull') return { kind, ...image, id }
  if (kind === 'head') return { kind: 'present', via: 'pull', ...image }
  if (kind === 'delete') return { kind, repository, at, digest: image.digest }
  return { kind: 'untag', repository, at, tag: tag ?? 'pr-1' }
}

/** What was heard, each at its time. A client pushes the children of an index before it, as long as the registry lacks them. */
export const anyWorkload: fc.Arbitrary<Heard[]> = fc
  .array(anyStep, { minLength: 5, maxLength: 40 })
  .map((steps) => {
    // Between the runs, which are at full hours: a pull right after a delete is none of what was deleted.
    let at = BEGIN + HOUR / 2
    const here = new Set<string>()
    return steps.flatMap((step, n) => {
      at += step.hours * HOUR + 1
      const key = `${step.repository} ${step.manifest}`
      // No registry tells a pull of what it lacks, nor a second delete.
      if (step.kind !== 'push' && step.kind !== 'untag' && !here.has(key)) return []
      if (step.kind === 'delete') here.delete(key)
      const before: Step[] = []
      if (step.kind === 'push') {
        here.add(key)
        for (const child of step.manifest === 4 ? [0, 1] : []) {
          const childKey = `${step.repository} ${child}`
          if (!here.has(childKey)) before.push({ ...step, manifest: child, tag: undefined })
          here.add(childKey)
        }
      }
      return [...before, step].map((one, m): Heard => {
        const id = `event-${n}-${m}`
        return { at: at + m, entry: entryOf(id, 'ci', factOf(one, at + m, id)) as Entry }
      })
    })
  })

export const policy = (rules: RulePolicy['rules'], more: Partial<RulePolicy> = {}): RulePolicy => ({
  ...{ name: 'p', registry: 'ci', repository: '**', rules },
  ...more,
})

export const PR = { glob: 'pr-*' }
