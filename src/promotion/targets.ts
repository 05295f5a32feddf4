import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { jobId } from '../queue/job-id.ts'
import type { ObjectStore } from '../store/object-store.ts'
import type { TaggedImage } from './match.ts'

/** What was promoted to a target tag last, or put back there by a rollback. */
const TargetRecord = Type.Object({
  from: Type.Object({ registry: Type.String(), repository: Type.String() }),
  /** What the tag names; what it named before if a rollback deleted it. */
  digest: Type.String(),
  /** When that was pushed at the source, epoch µs. After a rollback: when what was rolled back was pushed. */
  pushedAt: Type.Number(),
  /** When Tallyman was asked to promote that, epoch µs. Records of older versions lack it. */
  heardAt: Type.Optional(Type.Number()),
  /** The promotion, or the rollback. */
  promotion: Type.String(),
  /** The digest that the tag named before. Absent if there was no tag. */
  replaced: Type.Optional(Type.String()),
  /** Of a rollback: the digest that is not to come back by itself. */
  rolledBack: Type.Optional(Type.String()),
})
export type TargetRecord = Static<typeof TargetRecord>

/** `writing`: what was begun last, and may have written the tag before it was killed. */
const Target = Type.Object({ last: Type.Optional(TargetRecord), writing: Type.Optional(TargetRecord) })
type Target = Static<typeof Target>

const FOLDER = 'promotion-targets'

/**
 * Remembers what was promoted to each target tag, in `promotion-targets/<registry>/<hash of repository and tag>.json`. A
 * promotion says what it is about to do before it writes the tag: after a kill the tag no longer tells what it named before.
 */
export function makeTargets(store: ObjectStore) {
  const keyOf = ({ registry, repository, tag }: TaggedImage) =>
    `${FOLDER}/${registry}/${jobId(repository, tag)}.json`

  async function read(to: TaggedImage): Promise<Target> {
    const body = await store.get(keyOf(to))
    return body === undefined ? {} : Value.Parse(Target, JSON.parse(body.toString()))
  }
  const write = (to: TaggedImage, target: Target) => store.put(keyOf(to), JSON.stringify(target))

  return {
    read,

    /** What was promoted to a tag last that names `current` now: also what was killed after it wrote the tag. */
    async last(to: TaggedImage, current: string | undefined): Promise<TargetRecord | undefined> {
      return lastOf(await read(to), current)
    },

    /**
     * To be called before the tag, which names `current`, is written. Returns what the tag named before this promotion;
     * `undefined`: there was no tag.
     */
    async begin(
      to: TaggedImage,
      record: Omit<TargetRecord, 'replaced'>,
      current: string | undefined,
    ): Promise<string | undefined> {
      const target = await read(to)
      const { writing } = target
      const isThere = record.digest === current
      // All of it is done, but for the receipt.
      if (target.last?.promotion === record.promotion && isThere) return target.last.replaced
      const isWritten = writing?.promotion === record.promotion && isThere
      const replaced = isWritten ? writing.replaced : current
      const last = isWritten ? target.last : lastOf(target, current)
      await write(to, {
        ...(last && { last }),
        writing: { ...record, ...(replaced !== undefined && { replaced }) },
      })
      return replaced
    },

    /** To be called once the tag is written. */
    end: (to: TaggedImage, last: TargetRecord): Promise<void> => write(to, { last }),

    /**
     * The same for a tag that named the digest before. Whoever brought it there keeps it: that source owns the tag, and that
     * promotion can be rolled back.
     */
    async confirm(to: TaggedImage, record: TargetRecord): Promise<void> {
      const { last } = await read(to)
      if (last?.digest !== record.digest) return write(to, { last: record })
      const { pushedAt, heardAt } = record
      const isYounger = isSameSource(last.from, record.from) && isOlder(last, record)
      await write(to, { last: isYounger ? { ...last, pushedAt, ...(heardAt && { heardAt }) } : last })
    },
  }
}
export type Targets = ReturnType<typeof makeTargets>

export const isSameSource = (a: TargetRecord['from'], b: TargetRecord['from']): boolean =>
  a.registry === b.registry && a.repository === b.repository

/**
 * Whether one was pushed before the other. Nothing was pushed after Tallyman heard of it, whatever its registry says: a clock may be
 * ahead, and who can send notifications can date them ahead.
 */
export function isOlder(a: Dated, b: Dated): boolean {
  const timeOf = ({ pushedAt, heardAt = Number.POSITIVE_INFINITY }: Dated) => Math.min(pushedAt, heardAt)
  return (timeOf(a) - timeOf(b) || a.pushedAt - b.pushedAt) < 0
}
type Dated = Pick<TargetRecord, 'pushedAt' | 'heardAt'>

const lastOf = ({ last, writing }: Target, current: string | undefined): TargetRecord | undefined =>
  writing !== undefined && writing.digest === current && last?.digest !== current ? writing : last
