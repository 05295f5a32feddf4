import pMap from 'p-map'
import { parseTimestamp } from '../../platform/timestamp.ts'
import { parseImageReference } from '../../registry/image-reference.ts'
import { type Fact, MAX_EVENT_AGE_US } from '../../usage/fact.ts'
import type { UsageIndex } from '../../usage/usage-index.ts'
import type { FindImage } from './find-image.ts'
import type { FindRegistries } from './find-registries.ts'

/** Somebody's word that an image was used. */
export interface ReportedUse {
  reference: string
  /** RFC 3339; now if it is absent. */
  at?: string | undefined
}

/** What became of a report. Each list says why, as a sentence. */
export interface UsesTaken {
  /** Uses of images that the index has. */
  accepted: number
  /** Uses of images that it does not have. */
  unknown: { reference: string; reason: string }[]
  /** Uses that cannot be read or believed. */
  refused: { reference: string; reason: string }[]
}

/** How far a time may be ahead of our clock, in µs, as for events. */
const AHEAD_US = 300_000_000

/** Images that are looked up at a time. */
const LOOKUPS = { concurrency: 8 }

/**
 * Makes a function that takes reports of use. A use renews the time at which an image that the index has was last used; it
 * brings no image into the index. It counts at the latest as of the time until which deletions are known: a use after a
 * deletion of which no event told yet would say that the image was put back.
 */
export function makeReportUses(deps: {
  index: Pick<UsageIndex, 'applyAll'>
  findRegistries: Pick<FindRegistries, 'byNameOrHost'>
  findImage: FindImage
  /** The time until which deletions at a registry are known, epoch µs; 0 if that is not known. */
  knownUntil: (registry: string) => Promise<number>
  now: () => number
}) {
  return async function reportUses(uses: readonly ReportedUse[]): Promise<UsesTaken> {
    const now = deps.now()
    const until = new Map<string, Promise<number>>()
    const knownUntil = (registry: string) => {
      const known = until.get(registry) ?? deps.knownUntil(registry)
      until.set(registry, known)
      return known
    }
    const taken: UsesTaken = { accepted: 0, unknown: [], refused: [] }

    /** The facts that a use makes, with their projects. */
    async function take({ reference, at: time }: ReportedUse): Promise<{ project: string; fact: Fact }[]> {
      const leave = (list: 'unknown' | 'refused', reason: string) => {
        taken[list].push({ reference, reason })
        return []
      }
      const named = parseImageReference(reference)
      if (named === undefined) return leave('refused', 'expected [host/]repository[:tag][@digest]')
      const at = time === undefined ? now : parseTimestamp(time)
      if (at === undefined)
        return leave('refused', 'expected in `at` a time in RFC 3339, such as 2026-11-26T12:00:00Z')
      if (at > now + AHEAD_US) return leave('refused', `${time} is more than 5 minutes in the future`)
      if (at < now - MAX_EVENT_AGE_US) return leave('refused', `${time} is more than 30 days ago`)
      const images = deps.findRegistries.byNameOrHost(named)
      if (images.length === 0) return leave('unknown', 'no registry of the configuration has this host')
      const facts: { project: string; fact: Fact }[] = []
      for (const one of images) {
        const found = await deps.findImage(one)
        if (found === undefined) continue
        const { repository, digest, size, mediaType } = found.image
        const usedAt = Math.min(at, now, (await knownUntil(one.registry)) || now)
        const content = { repository, digest, size, mediaType }
        facts.push({ project: found.project, fact: { kind: 'present', via: 'pull', at: usedAt, ...content } })
      }
      if (facts.length === 0) return leave('unknown', 'the index has no such image')
      taken.accepted++
      return facts
    }

    const facts = (await pMap(uses, take, LOOKUPS)).flat()
    const byProject = new Map<string, Fact[]>()
    for (const [project, group] of Map.groupBy(facts, (one) => one.project))
      byProject.set(
        project,
        group.map(({ fact }) => fact),
      )
    const outcomes = await deps.index.applyAll(byProject)
    for (const outcome of outcomes.values()) if (outcome.status === 'rejected') throw outcome.reason
    return taken
  }
}
export type ReportUses = ReturnType<typeof makeReportUses>
