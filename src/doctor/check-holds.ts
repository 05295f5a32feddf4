import type { CollectionRun } from '../collection/collection-run.ts'
import type { CollectionRuns } from '../collection/runs.ts'
import { stuckWhy } from '../collection/stuck.ts'
import { printable } from '../platform/printable.ts'
import { formatDuration } from '../platform/units.ts'
import type { Check, Found } from './finding.ts'

interface Held {
  registry: string
  /** Since when it may be read-only, epoch ms. */
  since: number
  /** The collection that made it so; its record may be lost. */
  run: Pick<CollectionRun, 'id' | 'phase' | 'phases'> | undefined
  /** `gc.maxPause` of the registry, in ms; `undefined` if it is not configured any more. */
  maxPause: number | undefined
}

const MENDED = 'the next attempt then succeeds, and the collection ends'

/** What is to be said of a registry that a collection may have made read-only. `now`: epoch ms. */
export function holdFinding({ registry, since, run, maxPause }: Held, now: number): Found {
  const by = run === undefined ? 'a collection whose record is lost' : `the collection ${run.id}`
  const facts = `since ${new Date(since).toISOString()}, by ${by}`
  const show = `tallyman gc status ${registry}${run === undefined ? '' : ` ${run.id}`}`
  const check = `collection of ${registry}`
  const why = 'whoever pushes there is refused'
  if (maxPause === undefined)
    return {
      ...{
        check,
        level: 'error',
        what: `it may be read-only ${facts}, and it is not configured any more`,
        why,
      },
      fix: 'make it writable by hand; or configure it again with its gc.hooks, then Tallyman does it',
    }
  const stuck = run && stuckWhy(run)
  if (stuck !== undefined)
    return {
      ...{ check, level: 'error', what: `it is read-only ${facts}: ${printable(stuck)}`, why },
      fix: `mend that, or make the registry writable by hand: ${MENDED}. ${show} shows it; docs/garbage-collection.md, "A registry that stays read-only"`,
    }
  const phase = run === undefined ? '' : `, in the phase ${run.phase}`
  if (now - since <= maxPause)
    return { check, level: 'note', what: `it may be read-only ${facts}${phase}`, why }
  return {
    ...{ check, level: 'error', why },
    what: `it may be read-only ${facts}${phase}: for longer than gc.maxPause, ${formatDuration(maxPause)}`,
    fix: `${show} shows what it does. If no process works off the queue collections, start one: tallyman start collections. Or make the registry writable by hand`,
  }
}

/** Looks which registries are read-only by a collection. `maxPauseOf`: in ms, `undefined` for one that is not configured. */
export const checkHolds = (deps: {
  runs: Pick<CollectionRuns, 'held' | 'holderOf' | 'get'>
  maxPauseOf: (registry: string) => number | undefined
  /** epoch ms */
  now: () => number
}): Check => ({
  name: 'collections',
  async run() {
    const found: Found[] = []
    for (const registry of await deps.runs.held()) {
      const holder = await deps.runs.holderOf(registry)
      // It was let go meanwhile.
      if (holder === undefined) continue
      const run = await deps.runs.get(registry, holder.id)
      found.push(
        holdFinding({ registry, since: holder.since, run, maxPause: deps.maxPauseOf(registry) }, deps.now()),
      )
    }
    return found
  },
})
