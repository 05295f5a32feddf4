import { makeJournal } from '../store/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { keepFor } from '../store/retention.ts'
import { PromotionReceipt } from './receipt.ts'

/**
 * The receipts of promotions, in the journal `promotions`. The objects `promotion-ids/<id>` say when each promotion ended, so
 * that its receipt is found by its id. `now` gives epoch ms.
 */
export function makeReceipts(deps: {
  store: ObjectStore
  keepMs: number
  now: () => number
  onUnreadable: (key: string, error: Error) => void
  /** What failed when old receipts were to be deleted. */
  onError: (error: Error) => void
}) {
  const { store } = deps
  const journal = makeJournal({
    ...{ store, kind: 'promotions', schema: PromotionReceipt, onUnreadable: deps.onUnreadable },
  })
  const keyOf = (id: string) => `promotion-ids/${id}`
  const forget = (before: Date) => journal.forget(before, (id) => store.delete(keyOf(id)))
  const kept = keepFor({ ...journal, forget }, deps)

  return {
    ...kept,

    async append(receipt: PromotionReceipt): Promise<void> {
      await kept.append(receipt)
      await store.put(keyOf(receipt.id), receipt.at)
    },

    /** `id` comes from a job or a checked request: it holds no slash. */
    async find(id: string): Promise<PromotionReceipt | undefined> {
      const at = await store.get(keyOf(id))
      return at && journal.get({ id, at: at.toString() })
    },
  }
}
export type Receipts = ReturnType<typeof makeReceipts>
