import { type Evidence, type Fact, isFoundTag, isSighting, PULL_GRACE_US } from './fact.ts'

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
   * Epoch µs; 0 if no other repository had the new name before. If one had, it left the name just before this time.
   * Older facts get this time under the new name, so that the drop of the name's previous owner does not delete them.
   */
  notBefore: number
}

/**
 * Finds today's name of the repository that was called `repository` at `at` (epoch µs). `undefined` if it was not
 * renamed since. `renames` are in order of time. Each is followed at most once, so that chains and swaps end.
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

/** Since when (epoch µs) a name was free that was taken at `takenAt`: just after the last rename away from it. */
function freeSince(renames: readonly Rename[], repository: string, takenAt: number): number {
  const away = renames.filter(({ from, at }) => at < takenAt && isAtOrBelow(from, repository))
  return away.length === 0 ? 0 : Math.max(...away.map(({ at }) => at)) + 1
}

/**
 * Turns a fact about a repository's old name into facts about its new name. These count as no use: a pull or a scan is
 * counted once, under the name where it happened.
 */
export function factsUnderNewName(fact: Fact, newName: NewName): Fact[] {
  const { repository } = newName
  switch (fact.kind) {
    case 'push': {
      const at = timeUnder(newName, fact.at, 'push')
      return [{ ...fact, kind: 'present', via: 'push', repository, at, age: { at, source: 'event' } }]
    }
    case 'pull': {
      const { id: _, ...sighting } = fact
      return [
        { ...sighting, kind: 'present', via: 'pull', repository, at: timeUnder(newName, fact.at, 'pull') },
      ]
    }
    case 'present': {
      const at = timeUnder(newName, fact.at, fact.via)
      return [{ ...fact, repository, at: at > fact.at && isFoundTag(fact) ? at + 1 : at }]
    }
    case 'link':
      return [{ ...fact, repository, at: timeUnder(newName, fact.at, 'push') }]
    case 'delete':
    case 'untag':
    case 'drop':
      // A deletion keeps its own time. With a later time it could delete content that it was not about. But if a push and
      // its delete both come late, the push may get a later time than the delete. The reconcile after a rename mends that.
      return [{ ...fact, repository }]
    case 'scan':
      return []
  }
}

/** A fact's time under the new name, in epoch µs. */
function timeUnder({ notBefore }: NewName, at: number, via: Evidence): number {
  const grace = via === 'pull' && notBefore > 0 ? PULL_GRACE_US : 0
  return Math.max(at, notBefore + grace)
}

/** The fact itself, and, if it adds content, the drop of the old name by the rename. */
export function factsUnderOldName(fact: Fact, { renamedAt }: NewName): Fact[] {
  const addsContent = isSighting(fact) || fact.kind === 'link'
  return addsContent ? [fact, { kind: 'drop', repository: fact.repository, at: renamedAt }] : [fact]
}
