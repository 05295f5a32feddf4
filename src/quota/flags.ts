import { randomUUID } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { loadScript } from '../platform/lua-script.ts'
import { scanHash } from '../platform/scan-hash.ts'
import type { Flag, QuotaAlert } from '../queue/alert.ts'
import {
  projectSubject,
  QUOTA_KINDS,
  type QuotaKind,
  type QuotaSubject,
  subjectFrom,
  subjectKey,
} from '../queue/quota-subject.ts'
import { type FlagState, NEVER } from './evaluate.ts'
import type { Reach } from './reach.ts'

/** What is kept of a flag: its state, who was told of it, and the alert about its last change until that is queued. */
export interface FlagEntry extends Reach {
  state: FlagState
  untold?: QuotaAlert | undefined
}

/** An entry as it was read. */
export interface ReadEntry extends FlagEntry {
  /** As it is in Redis; '' if there is none. */
  text: string
}

/** The flag of a subject, as a snapshot has it. */
export interface KeptFlag extends QuotaSubject {
  entry: FlagEntry
}

/** A flag that is not ok. */
export interface RaisedFlag extends QuotaSubject {
  flag: Exclude<Flag, 'ok'>
  /** RFC 3339 */
  since: string
  mark: number | null
}

/**
 * The flags, in Redis: of each kind of subject a hash, id → entry; and a hash of the flags that are not ok, with a version, so
 * that they are read without the others. Their keys share a hash tag, so they are in one slot of a Redis Cluster.
 */
export function makeFlags({ redis, prefix }: { redis: Redis | Cluster; prefix: string }) {
  const replaceScript = loadScript(redis, new URL('scripts/replace-flag.lua', import.meta.url))
  const moveScript = loadScript(redis, new URL('scripts/move-flag.lua', import.meta.url))
  const keyOf = (name: string) => `${prefix}:{flags}:${name}`
  const [raisedKey, versionKey] = [keyOf('raised'), keyOf('version')]
  let cached: { version: string; raised: readonly RaisedFlag[] } | undefined

  async function entry({ kind, id }: QuotaSubject): Promise<ReadEntry> {
    const text = (await redis.hget(keyOf(kind), id)) ?? ''
    return { text, ...entryFrom(text) }
  }

  async function replace(
    subject: QuotaSubject,
    before: Pick<ReadEntry, 'text'>,
    next: FlagEntry | undefined,
  ): Promise<ReadEntry | undefined> {
    const text = next === undefined ? '' : JSON.stringify(next)
    const { flag, since, mark } = next?.state ?? NEVER
    const raised = flag === 'ok' ? '' : JSON.stringify({ flag, since, mark })
    const [isReplaced] = await replaceScript(
      [keyOf(subject.kind), raisedKey, versionKey],
      [subject.id, before.text, text, subjectKey(subject), raised, randomUUID()],
    )
    return String(isReplaced) === '1' ? { text, ...entryFrom(text) } : undefined
  }

  return {
    entry,
    /** Gives the new entry; `undefined` if another run has replaced the old one meanwhile. */
    replace,
    /** Gives the flag of a project to another one in one step, unless that has one. People are told nothing. */
    async move(from: string, to: string): Promise<void> {
      const keys = [keyOf('project'), raisedKey, versionKey]
      const subjects = [from, to].map((id) => subjectKey(projectSubject(id)))
      await moveScript(keys, [from, to, ...subjects, randomUUID()])
    },
    get: async (subject: QuotaSubject): Promise<FlagState> => (await entry(subject)).state,
    ofProject: async (project: string): Promise<FlagState> => (await entry(projectSubject(project))).state,

    /** The states of all subjects of a kind whose flag ever changed, by id. */
    async all(kind: QuotaKind): Promise<Map<string, FlagState>> {
      const entries = await scanHash(redis, keyOf(kind))
      return new Map([...entries].map(([id, text]) => [id, entryFrom(text).state]))
    },

    /** What is kept of every flag that ever changed. */
    async kept(): Promise<KeptFlag[]> {
      const kinds = QUOTA_KINDS.map(async (kind) =>
        [...(await scanHash(redis, keyOf(kind)))].map(([id, text]) => ({ kind, id, entry: entryFrom(text) })),
      )
      return (await Promise.all(kinds)).flat()
    },
    /** Puts back one of a snapshot, unless the flag has changed since. People are told nothing. */
    async restore({ entry, ...subject }: KeptFlag): Promise<void> {
      await replace(subject, { text: '' }, entry)
    },

    /** The flags that are not ok, in the order of their kinds and ids. If none has changed, it costs one GET. */
    async raised(): Promise<readonly RaisedFlag[]> {
      // Read first: what is written after it has another version.
      const version = await redis.get(versionKey)
      if (version === null || version !== cached?.version) {
        const found = await scanHash(redis, raisedKey)
        const raised = [...found]
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, text]): RaisedFlag => ({ ...subjectFrom(key), ...JSON.parse(text) }))
        cached = { version: version ?? '', raised }
      }
      return cached.raised
    },
  }
}
export type Flags = ReturnType<typeof makeFlags>

const entryFrom = (text: string): FlagEntry => (text === '' ? { state: NEVER } : JSON.parse(text))
