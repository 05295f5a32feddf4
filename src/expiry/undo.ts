import { CronExpressionParser } from 'cron-parser'
import { type Static, Type } from 'typebox'

/** When registries delete what nothing refers to any more. */
export interface GarbageCollection {
  /** A cron, in this time zone. */
  schedule?: string | undefined
  timeZone: string
  /** How long after a delete, in ms, if the registry collects all the time. */
  after?: number | undefined
}

/** What ends undo: the registry deletes the content, or the trash its entry. */
export interface UndoSettings {
  gc: GarbageCollection
  /** `keep` is how long an entry stays, in ms. */
  trash: { keep: number }
  /** Of registries that Tallyman collects by a schedule of their own. */
  collections?: ReadonlyMap<string, { schedule: string; timeZone: string }>
}

/** What ends undo at one registry: a schedule of its own counts in place of that for all. */
export function undoSettingsAt(settings: UndoSettings, registry: string): UndoSettings {
  const own = settings.collections?.get(registry)
  return own === undefined ? settings : { ...settings, gc: { ...settings.gc, ...own } }
}

/** What plans and runs say of undo. */
export const Undo = Type.Object(
  {
    until: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description:
        'Until when undo is safe, RFC 3339. Null if the configuration does not tell when the registry collects its garbage (`expiry.gc`).',
    }),
    text: Type.String({ description: 'The same for people, half a sentence: `undo is safe until …`.' }),
  },
  {
    description:
      'Until when undo is safe, of what is deleted now, or at `asOf` if that is later. Of a run: from its beginning on.',
  },
)
export type Undo = Static<typeof Undo>

/** Until when what was deleted at `since` can be brought back, in epoch ms. `undefined` if the configuration does not tell. */
export function undoUntil({ gc, trash }: UndoSettings, since: number): number | undefined {
  const collected = collectedAt(gc, since)
  return collected === undefined ? undefined : Math.min(collected, since + trash.keep)
}

/** When the registry deletes the content of what was deleted at `since`, epoch ms. */
function collectedAt({ schedule, timeZone, after }: GarbageCollection, since: number): number | undefined {
  const ends = [
    ...(schedule === undefined ? [] : [nextTime(schedule, timeZone, since)]),
    ...(after === undefined ? [] : [since + after]),
  ]
  return ends.length === 0 ? undefined : Math.min(...ends)
}

const nextTime = (schedule: string, tz: string, since: number): number =>
  CronExpressionParser.parse(schedule, { tz, currentDate: new Date(since) })
    .next()
    .getTime()

/** What is said of undo before anything is deleted, if it will be deleted at `since`, epoch ms. */
export function undoOf(settings: UndoSettings, since: number): Undo {
  const until = undoUntil(settings, since)
  return { until: until === undefined ? null : isoTime(until), text: safeUntil(settings, since) }
}

/** A sentence about it. `since` is when the first image was deleted, `now` when that is told; epoch ms. */
export function undoText(settings: UndoSettings, since: number, now: number): string {
  const collected = collectedAt(settings.gc, since)
  return collected !== undefined && collected <= now
    ? `The registry may have collected its garbage at ${isoTime(collected)}; what it still has comes back by: ${RESTORE}`
    : safeUntil(settings, since).replace(/^u/, 'U')
}

function safeUntil(settings: UndoSettings, since: number): string {
  const until = undoUntil(settings, since)
  const forgotten = since + settings.trash.keep
  const end =
    until === undefined
      ? `the registry collects its garbage, at the latest until ${isoTime(forgotten)}, when the trash forgets it`
      : `${isoTime(until)}, when ${until === forgotten ? 'the trash forgets it' : 'the registry collects its garbage'}`
  return `undo is safe until ${end}: ${RESTORE}`
}

const RESTORE = 'tallyman trash restore IMAGE'

const isoTime = (ms: number): string => new Date(ms).toISOString()
