import { type Evidence, type Fact, PULL_GRACE_US } from './fact.ts'

/** The repositories at `from` and below it moved to `to` at this time, in epoch µs. Neither path is below the other. */
export interface Rename {
  from: string
  to: string
  at: number
}

/** Whether a repository is the one at `path`, or below it. */
export const isAtOrBelow = (path: string, repository: string): boolean =>
  repository === path || isBelow(path, repository)

export const isBelow = (path: string, repository: string): boolean => repository.startsWith(`${path}/`)

/** What became of a repository's name. */
export interface NewName {
  /** The repository's name today. */
  repository: string
  /** When it left the name that it had, in epoch µs. */
  renamedAt: number
  /**
   * Epoch µs. Until just before this, another repository had the new name, and left it by a rename. Facts that are older
   * count as of this time under the new name.
   */
  notBefore: number
}

/**
 * Follows renames of what was called `repository` at `at` (epoch µs) to its name today. `undefined` if no rename after
 * `at` concerns it. `renames` are in order of time. Each is followed at most once, so that chains and swaps end.
 */
export function newNameOf(renames: readonly Rename[], repository: string, at: number): NewName | undefined {
  let found: NewName | undefined
  for (const rename of renames) {
    const name: string = found?.repository ?? repository
    const isEarlier = rename.at < Math.max(at, found?.notBefore ?? 0)
    if (isEarlier || !isAtOrBelow(rename.from, name)) continue
    const next = `${rename.to}${name.slice(rename.from.length)}`
    found = {
      repository: next,
      renamedAt: found?.renamedAt ?? rename.at,
      notBefore: Math.max(found?.notBefore ?? 0, freeSince(renames, next, rename.at)),
    }
  }
  return found
}

/** Since when (epoch µs) a name was free that was taken at `takenAt`: just after the last rename away from it before. */
function freeSince(renames: readonly Rename[], repository: string, takenAt: number): number {
  const away = renames.filter(({ from, at }) => at < takenAt && isAtOrBelow(from, repository))
  return away.length === 0 ? 0 : Math.max(...away.map(({ at }) => at)) + 1
}

/**
 * What a fact about a repository's old name says of the repository under its new name. None of these facts counts as
 * use: a pull or a scan is counted under the name where it happened.
 */
export function factsUnderNewName(fact: Fact, newName: NewName): Fact[] {
  const { repository } = newName
  switch (fact.kind) {
    case 'push':
      return [{ ...fact, kind: 'present', via: 'push', repository, at: timeUnder(newName, fact.at, 'push') }]
    case 'pull': {
      const { id: _, ...sighting } = fact
      return [
        { ...sighting, kind: 'present', via: 'pull', repository, at: timeUnder(newName, fact.at, 'pull') },
      ]
    }
    case 'present':
      return [{ ...fact, repository, at: timeUnder(newName, fact.at, fact.via) }]
    case 'link':
      return [{ ...fact, repository, at: timeUnder(newName, fact.at, 'push') }]
    case 'delete':
    case 'untag':
    case 'drop':
      // Keeps its own time: a later time could delete what the new name held when the repository came. So a late delete
      // from before `notBefore` does not delete its own late push. The reconcile after each rename mends that.
      return [{ ...fact, repository }]
    case 'scan':
      return []
  }
}

/** A fact's time under the new name: late enough that the drop of the name's previous owner does not delete it. */
function timeUnder({ notBefore }: NewName, at: number, via: Evidence): number {
  const grace = via === 'pull' && notBefore > 0 ? PULL_GRACE_US : 0
  return Math.max(at, notBefore + grace)
}

/** What a fact says of the old name: what it put there was dropped by the rename. */
export function factsUnderOldName(fact: Fact, { renamedAt }: NewName): Fact[] {
  const addsContent =
    fact.kind === 'push' || fact.kind === 'pull' || fact.kind === 'present' || fact.kind === 'link'
  return addsContent ? [fact, { kind: 'drop', repository: fact.repository, at: renamedAt }] : [fact]
}
