import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'

/**
 * A snapshot is JSON lines, compressed with zstd: a header; for each project a line of its own, then its facts, each as
 * `fact-line.ts` has it; a trailer. It holds facts and no records of Redis, so it outlives any change of their layout.
 */
export const SNAPSHOT_FORMAT = 'tallyman-index'
export const SNAPSHOT_VERSION = 1

const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })

/** What every version's header has. */
export const anyHeader = Compile(Type.Object({ format: Type.Literal(SNAPSHOT_FORMAT), version: Count }))

const Header = Type.Object({
  format: Type.Literal(SNAPSHOT_FORMAT),
  version: Type.Literal(SNAPSHOT_VERSION),
  /** RFC 3339: when the writing began. */
  createdAt: Type.String(),
  /** Those that were configured. */
  registries: Type.Array(Type.String()),
})
export type Header = Static<typeof Header>
export const header = Compile(Header)

const ProjectLine = Type.Object({
  /** registry/path */
  project: Type.String({ pattern: '^[^/]+/.' }),
  /** Times in epoch µs, 0 for never. */
  activity: Type.Object({ lastPushAt: Count, lastPullAt: Count, pulls: Count, scans: Count }),
})
export type ProjectLine = Static<typeof ProjectLine>
export const projectLine = Compile(ProjectLine)

const Trailer = Type.Object({
  projects: Count,
  facts: Count,
  /** Of all the lines before, uncompressed, each with its newline; hex. */
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
})
export type Trailer = Static<typeof Trailer>
export const trailer = Compile(Trailer)
