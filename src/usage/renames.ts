import { type Evidence, type Fact, PULL_GRACE_US } from './fact.ts'

/** The repositories at `from` and below it moved to `to` at this time, in epoch µs. Neither is below the other. */
export interface Rename {
  from: string
  to: string
  at: number
}

/** Whether a repository is the one at `path`, or below it. */
export const isAtOrBelow = (path: string, repository: string): boolean =>
  repository === path || isBelow(path, repository)

export const isBelow = (path: string, repository: string): boolean => repository.startsWith(`${path}/`)

export interface Route {
  /** Where it is now. */
  repository: string
  /** When it left the name that it had, epoch µs. */
  leftAt: number
  /** What was placed no later than this (epoch µs) counts as placed then: before, another repository had the name. */
  notBefore: number
}

/**
 * Where what is known of `repository` as of `at` is today; `undefined` where no rename concerns it. `renames` are in
 * order of time, and each is followed once at most, so that chains and swaps end.
 */
export function routeOf(renames: readonly Rename[], repository: string, at: number): Route | undefined {
  let route: Route | undefined
  for (const rename of renames) {
    const here: string = route?.repository ?? repository
    if (rename.at < at || rename.at < (route?.notBefore ?? 0) || !isAtOrBelow(rename.from, here)) continue
    const next = `${rename.to}${here.slice(rename.from.length)}`
    route = {
      repository: next,
      leftAt: route?.leftAt ?? rename.at,
      notBefore: Math.max(route?.notBefore ?? 0, freedAt(renames, next, rename.at)),
    }
  }
  return route
}

/** From when on a name was free for what came to it at `before`: just after the last rename away from it. */
function freedAt(renames: readonly Rename[], repository: string, before: number): number {
  const away = renames.filter(({ from, at }) => at < before && isAtOrBelow(from, repository))
  return away.length === 0 ? 0 : Math.max(...away.map(({ at }) => at)) + 1
}

/**
 * A fact about a repository that was renamed since, as facts about the repository that it is now: nobody's use, for
 * that counts where it happened.
 */
export function redirect(fact: Fact, route: Route): Fact[] {
  const { repository } = route
  switch (fact.kind) {
    case 'push':
      return [{ ...fact, kind: 'present', via: 'push', repository, at: placedAt('push', fact.at, route) }]
    case 'pull': {
      const { id: _, ...sight } = fact
      return [{ ...sight, kind: 'present', via: 'pull', repository, at: placedAt('pull', fact.at, route) }]
    }
    case 'present':
      return [{ ...fact, repository, at: placedAt(fact.via, fact.at, route) }]
    case 'link':
      return [{ ...fact, repository, at: placedAt('push', fact.at, route) }]
    case 'delete':
    case 'untag':
    case 'drop':
      // At their own time, for their name's next holder is not what they were about. What they deleted themselves may
      // so outlive them where both come late to a name that was taken before: a reconcile follows each rename.
      return [{ ...fact, repository }]
    case 'scan':
      return []
  }
}

/** Late enough not to be buried with what had the name before. */
function placedAt(via: Evidence, at: number, { notBefore }: Route): number {
  const grace = via === 'pull' && notBefore > 0 ? PULL_GRACE_US : 0
  return Math.max(at, notBefore + grace)
}

/** What a rename leaves of a fact under the name that it tells: what it placed there is there no more. */
export function remainder(fact: Fact, { leftAt }: Route): Fact[] {
  const places =
    fact.kind === 'push' || fact.kind === 'pull' || fact.kind === 'present' || fact.kind === 'link'
  return places ? [fact, { kind: 'drop', repository: fact.repository, at: leftAt }] : [fact]
}
