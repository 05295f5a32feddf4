import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/**
 * A snapshot is JSON lines, compressed with zstd: a header; for each registry a line with its history, if it has one, and lines
 * with its months; lines of what people have set (`settings.ts`); for each project a line, then the lines of its facts
 * (`fact-line.ts`); a trailer. It holds facts, not records of Redis, so it stays readable when the layout of the records
 * changes.
 */
export const SNAPSHOT_FORMAT = 'tallyman-index'
export const SNAPSHOT_VERSION = 1

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** The part of the header that all versions share. */
export const anyHeader = Compile(Type.Object({ format: Type.Literal(SNAPSHOT_FORMAT), version: Count }))

const Header = Type.Object({
  format: Type.Literal(SNAPSHOT_FORMAT),
  version: Type.Literal(SNAPSHOT_VERSION),
  /** When writing started, RFC 3339. */
  createdAt: Type.String(),
  /** The configured registries. */
  registries: Type.Array(Type.String()),
})
export type Header = Static<typeof Header>
export const header = Compile(Header)

/** A history of usage (src/history/codec.ts) in base64. */
const HistoryField = Type.String({ pattern: '^[A-Za-z0-9+/]+=*$' })

const RegistryLine = Type.Object({
  /** Its name. */
  registry: Type.String({ pattern: '^[^/]+$' }),
  history: HistoryField,
})
export type RegistryLine = Static<typeof RegistryLine>
export const registryLine = Compile(RegistryLine)

/** A part of what the projects of a registry held in a month: paths and entries (src/report/entry.ts). */
const MonthLine = Type.Object({
  registry: RegistryLine.properties.registry,
  month: Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])$' }),
  entries: Type.Array(Type.Tuple([Type.String(), Type.String()])),
})
export type MonthLine = Static<typeof MonthLine>
export const monthLine = Compile(MonthLine)

const ProjectLine = Type.Object({
  /** registry/path */
  project: Type.String({ pattern: '^[^/]+/.' }),
  /** Times in epoch µs, 0 for never. `lastPushedBy` is absent if it is not known. */
  activity: Type.Object({
    ...{ lastPushAt: Count, lastPullAt: Count, pulls: Count, scans: Count },
    lastPushedBy: Type.Optional(Type.String()),
  }),
  history: Type.Optional(HistoryField),
})
export type ProjectLine = Static<typeof ProjectLine>
export const projectLine = Compile(ProjectLine)

const Trailer = Type.Object({
  projects: Count,
  facts: Count,
  /** The hash of all lines before, uncompressed and with their newlines, in hex. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})
export type Trailer = Static<typeof Trailer>
export const trailer = Compile(Trailer)
