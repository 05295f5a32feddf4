import { hourOf } from '../history/sample.ts'
import { splitProjectId } from '../usage/project.ts'
import type { ProjectUsage } from '../usage/usage.ts'
import { addHour, type Entry, fitted, type Held, lastHeld, WHOLE, withoutFuture } from './entry.ts'
import { type Month, monthBefore, monthOf } from './month.ts'
import type { Months } from './months.ts'
import type { ReadHeld } from './read-held.ts'

type Sizes = Pick<ProjectUsage, 'uniqueBytes' | 'exclusiveBytes'>

/**
 * Adds samples of an hour to the month of a registry. A repeated call changes nothing. The images of a project are read only if
 * they have changed since its last sample.
 */
export function makeNoteHours(deps: {
  months: Pick<Months, 'read' | 'write'>
  readHeld: ReadHeld
  /** Whether the names of pushers are kept. */
  keepsNames: () => boolean
  /** epoch ms */
  now: () => number
}) {
  const { months, readHeld } = deps

  /** The entries of this month, and those that tell what was held last: the same, or of the month before. */
  async function entriesOf(registry: string, month: Month, paths: readonly string[]) {
    const now = await months.read(registry, month, paths)
    const missing = paths.filter((_, i) => now[i] === undefined)
    const before = missing.length === 0 ? [] : await months.read(registry, monthBefore(month), missing)
    const older = new Map(missing.map((path, i) => [path, before[i]]))
    return paths.map((path, i) => ({ entry: now[i], last: now[i] ?? older.get(path) }))
  }

  /** The entry as it is added to. The clock is read after it, so what was written meanwhile is not of the future. */
  const readyFor = (hour: number, entry: Entry | undefined): Entry | undefined =>
    entry && withoutFuture(entry, hour, hourOf(deps.now()))

  async function heldBy(id: string, sizes: Sizes, version: string, last: Entry | undefined): Promise<Held> {
    const { uniqueBytes, exclusiveBytes } = sizes
    if (!deps.keepsNames()) return { uniqueBytes, exclusiveBytes, pushers: {}, others: 0, version: '' }
    const parts =
      last?.version === version ? lastHeld(last) : fitted(await readHeld.byPusher(id), uniqueBytes)
    return { uniqueBytes, exclusiveBytes, ...parts, version }
  }

  return {
    /** Projects of one registry; those that are gone meanwhile are left out. */
    async ofProjects(registry: string, hour: number, usages: readonly ProjectUsage[]): Promise<void> {
      const month = monthOf(hour)
      const paths = usages.map(({ id }) => splitProjectId(id).path)
      if (paths.length === 0) return
      const [entries, versions] = await Promise.all([
        entriesOf(registry, month, paths),
        readHeld.versionsOf(usages.map(({ id }) => id)),
      ])
      const written: [string, Entry, Entry | undefined][] = []
      for (const [i, usage] of usages.entries()) {
        const { entry: kept, last } = entries[i] ?? {}
        const entry = readyFor(hour, kept)
        if (entry !== undefined && entry.lastHour >= hour) continue
        const held = await heldBy(usage.id, usage, versions[i] ?? '', last)
        written.push([paths[i] ?? '', addHour(entry, hour, held), kept])
      }
      await months.write(registry, month, written)
    },

    /** A registry as a whole, after its projects: it says in which hours there is a sample of each project that there was. */
    async ofRegistry(registry: string, hour: number, sizes: Sizes): Promise<void> {
      const month = monthOf(hour)
      const [kept] = await months.read(registry, month, [WHOLE])
      const held = { ...sizes, pushers: {}, others: 0, version: '' }
      await months.write(registry, month, [[WHOLE, addHour(readyFor(hour, kept), hour, held), kept]])
    },
  }
}
export type NoteHours = ReturnType<typeof makeNoteHours>
