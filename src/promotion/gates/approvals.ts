import { createHash } from 'node:crypto'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import type { ObjectStore } from '../../store/object-store.ts'

/** That a person approves a promotion. */
export const Approval = Type.Object({
  promotion: Type.String({ description: 'The id of the promotion.' }),
  by: Type.String({ description: 'Who approves it, by their own word.' }),
  at: Type.String({ description: 'When, RFC 3339.' }),
})
export type Approval = Static<typeof Approval>

const folderOf = (promotion: string) => `promotion-approvals/${promotion}/`

/** One object for each person, so a second approval of the same person adds nothing. Names may hold any characters. */
function keyOf(promotion: string, by: string): string {
  const person = by.normalize('NFKC').trim().toLowerCase()
  if (person === '') throw new RangeError('expected the name of a person')
  return `${folderOf(promotion)}${createHash('sha256').update(person).digest('hex').slice(0, 32)}.json`
}

/**
 * Who approved promotions: the objects `promotion-approvals/<promotion>/<person>.json`. Names that differ only in case,
 * in width or in spaces around them are one person. The id of a promotion must be a segment of a key. `now` is epoch µs.
 */
export function makeApprovals({ store, now }: { store: ObjectStore; now: () => number }) {
  async function read(key: string): Promise<Approval | undefined> {
    const body = await store.get(key)
    return body && Value.Parse(Approval, JSON.parse(body.toString()))
  }

  return {
    /** Approves a promotion. Gives the first approval of the same person if there is one. @throws RangeError without a name */
    async approve(promotion: string, by: string): Promise<Approval> {
      const key = keyOf(promotion, by)
      const earlier = await read(key)
      if (earlier !== undefined) return earlier
      const approval: Approval = { promotion, by: by.trim(), at: new Date(now() / 1000).toISOString() }
      await store.put(key, JSON.stringify(approval))
      return approval
    },

    /** One for each person, the oldest first. */
    async approvals(promotion: string): Promise<Approval[]> {
      const found: Approval[] = []
      for await (const { key } of store.list(folderOf(promotion))) {
        const approval = await read(key)
        if (approval !== undefined) found.push(approval)
      }
      return found.toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
    },

    /** Forgets the approvals of a promotion that has ended. */
    async forget(promotion: string): Promise<void> {
      for await (const { key } of store.list(folderOf(promotion))) await store.delete(key)
    },
  }
}
export type Approvals = ReturnType<typeof makeApprovals>
