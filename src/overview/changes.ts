import { isSameRow, type ProjectRow } from './project-row.ts'

/** How many projects that are gone are remembered. Who has an older version reads all again. */
const MOST_GONE = 10_000

/**
 * The rows of all projects, and since which version each is as it is: so who has a version gets only what changed since. A version
 * is a number that grows by one with each change.
 */
export function makeChanges(mostGone = MOST_GONE) {
  const rows = new Map<string, { row: ProjectRow; version: number }>()
  /** In the order of their versions. */
  let gone: { id: string; version: number }[] = []
  let version = 0
  /** Of older versions it is not known what is gone since. */
  let oldest = 0

  return {
    get version() {
      return version
    },
    /** Takes the rows as they are now. */
    take(now: Iterable<ProjectRow>): void {
      const next = version + 1
      const here = new Set<string>()
      let hasChanged = false
      for (const row of now) {
        here.add(row.id)
        const before = rows.get(row.id)
        if (before !== undefined && isSameRow(before.row, row)) continue
        rows.set(row.id, { row, version: next })
        hasChanged = true
      }
      for (const id of rows.size > here.size ? rows.keys() : []) {
        if (here.has(id)) continue
        rows.delete(id)
        gone.push({ id, version: next })
        hasChanged = true
      }
      if (!hasChanged) return
      version = next
      if (gone.length <= mostGone) return
      oldest = gone.at(-mostGone - 1)?.version ?? oldest
      gone = gone.slice(-mostGone)
    },
    rows: (): ProjectRow[] => [...rows.values()].map(({ row }) => row),
    /** What changed after a version. `undefined` if that is not known. A project that is gone and came back is in `rows` alone. */
    since(known: number): { rows: ProjectRow[]; gone: string[] } | undefined {
      if (!(known >= oldest && known <= version)) return undefined
      if (known === version) return { rows: [], gone: [] }
      const changed: ProjectRow[] = []
      for (const { row, version: at } of rows.values()) if (at > known) changed.push(row)
      const ids = gone.flatMap(({ id, version: at }) => (at > known && !rows.has(id) ? [id] : []))
      return { rows: changed, gone: [...new Set(ids)] }
    },
  }
}
