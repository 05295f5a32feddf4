import type { FollowJob, PromotionJob } from '../queue/jobs.ts'
import type { RegistryClient } from '../registry/client.ts'
import { BY_PUSH } from './ask.ts'
import { atGates } from './at-gates.ts'
import type { Copier } from './copy/copy-image.ts'
import type { DatedPlace, Followed } from './follow.ts'
import type { GatesResult } from './gates/check-gates.ts'
import type { GateConfig } from './gates/gate.ts'
import type { FindMatches } from './match.ts'
import { ruleOf } from './options-of.ts'
import { dropped, type NotPromoted } from './outcome.ts'
import type { Attempted } from './receipt-of.ts'
import { type PromotionRule, UNRULED } from './rule.ts'

/**
 * The gates that are asked again before something follows, about the image. What these look at may change after the promotion. The
 * others look at what stays as it was, or ask people and services about the promotion, which is over.
 */
export const isAskedAgain = ({ type }: GateConfig): boolean => type === 'signature' || type === 'flag'

export type FollowOutcome = { state: 'followed'; copied: number } | NotPromoted

/** A rule that follows an image for `ms` after it was promoted to the place. */
interface Following {
  place: DatedPlace
  rule: PromotionRule
  ms: number
}

/**
 * Makes what copies what belongs to an image that was promoted, and was pushed after it. A rule must still lead the image there, still
 * follow it, and its gates must be open; of several rules, one is enough. What an audit mends is copied whatever the rules say.
 */
export function makeFollowImage(deps: {
  clientOf: (registry: string) => RegistryClient
  copier: Pick<Copier, 'copyReferrers'>
  mountFrom: (registry: string) => (digest: string) => Promise<readonly string[]>
  followed: Pick<Followed, 'add' | 'placesOf'>
  /** By the rules as configured now. */
  match: FindMatches
  /** Asks the gates that are asked again. */
  checkGates: (job: PromotionJob, attempt: Attempted) => Promise<GatesResult>
  /** epoch ms */
  now: () => number
}) {
  const { now, clientOf } = deps

  return async function followImage(job: FollowJob, attempt: Attempted): Promise<FollowOutcome> {
    const following = await rulesFollowing(job)
    if (job.mend) return copy(job, following)
    const shut: NotPromoted[] = []
    for (const one of following) {
      const { registry, repository } = job
      const asked = { ...one.place, kind: 'copy' as const, registry, repository, by: BY_PUSH }
      const gates = await deps.checkGates({ ...asked, pushedAt: one.place.at * 1_000 }, attempt)
      if (gates.state === 'open') return copy(job, following)
      shut.push(atGates(gates, attempt, one.rule.waitFor, now()))
    }
    const [first] = shut
    return shut.find(({ state }) => state === 'waiting') ?? first ?? dropped('no rule follows it any more')
  }

  async function rulesFollowing({ registry, repository, subject, to }: FollowJob): Promise<Following[]> {
    const places = await deps.followed.placesOf({ registry, repository }, subject)
    return places.flatMap((place) => {
      if (place.to.registry !== to.registry || place.to.repository !== to.repository) return []
      const rule = ruleOf(deps.match, { ...place, registry, repository })
      if (rule === undefined || rule.follow === 'never' || place.at + rule.follow <= now()) return []
      return [{ place, rule, ms: rule.follow }]
    })
  }

  async function copy(job: FollowJob, following: readonly Following[]): Promise<FollowOutcome> {
    const { registry, repository, subject, to } = job
    const rules = following.length === 0 ? [UNRULED] : following.map(({ rule }) => rule)
    const { referrers } = await deps.copier.copyReferrers({
      source: { client: clientOf(registry), repository },
      target: { client: clientOf(to.registry), repository: to.repository },
      ...{ sameRegistry: registry === to.registry, digest: subject },
      verify: rules.some(({ verify }) => verify === 'full') ? 'full' : 'sample',
      limits: {
        count: Math.max(...rules.map(({ maxReferrers }) => maxReferrers)),
        bytes: Math.max(...rules.map(({ maxReferrersSize }) => maxReferrersSize)),
      },
      mountFrom: deps.mountFrom(to.registry),
    })
    // What refers to these follows as well: a signature of an SBOM.
    const digests = referrers.map(({ digest }) => digest)
    for (const { place, ms } of following)
      await deps.followed.add({ registry, repository }, digests, place, ms)
    return { state: 'followed', copied: referrers.length }
  }
}
export type FollowImage = ReturnType<typeof makeFollowImage>
