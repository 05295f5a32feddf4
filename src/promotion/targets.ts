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
  /** The promotion, or the rollback. */
  promotion: Type.String(),
  /** The digest that the tag named before. Absent if there was no tag. */
  replaced: Type.Optional(Type.String()),
})
export type TargetRecord = Static<typeof TargetRecord>

/** `writing`: a promotion that has begun to write the tag, and the digest that the tag named before; `null` if there was no tag. */
const Target = Type.Object({
  last: Type.Optional(TargetRecord),
  writing: Type.Optional(
    Type.Object({ promotion: Type.String(), replaced: Type.Union([Type.String(), Type.Null()]) }),
  ),
})
type Target = Static<typeof Target>

const FOLDER = 'promotion-targets'

/**
 * Remembers what was promoted to each target tag, in `promotion-targets/<registry>/<hash of repository and tag>.json`. A
 * promotion says what it replaces before it writes the tag: after a kill the tag no longer tells.
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

    last: async (to: TaggedImage): Promise<TargetRecord | undefined> => (await read(to)).last,

    /** To be called before the tag is written. Returns what the tag named before this promotion; `undefined`: there was no tag. */
    async begin(
      to: TaggedImage,
      promotion: string,
      current: string | undefined,
    ): Promise<string | undefined> {
      const { last, writing } = await read(to)
      // All of it is done, but for the receipt.
      if (last?.promotion === promotion) return last.replaced
      const replaced = writing?.promotion === promotion ? writing.replaced : (current ?? null)
      await write(to, { ...(last && { last }), writing: { promotion, replaced } })
      return replaced ?? undefined
    },

    end: (to: TaggedImage, last: TargetRecord): Promise<void> => write(to, { last }),
  }
}
export type Targets = ReturnType<typeof makeTargets>
