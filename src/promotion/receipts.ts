import { makeJournal } from '../store/journal.ts'
import type { ObjectStore } from '../store/object-store.ts'
import { keepFor } from '../store/retention.ts'
import type { Envelope } from './envelope.ts'
import { PromotionReceipt } from './receipt.ts'

/**
 * The receipts of promotions, in the journal `promotions`. The objects `promotion-ids/<id>` say when each promotion ended, so
 * that its receipt is found by its id; `promotion-receipts/<id>.dsse.json` are the signed ones. `now` gives epoch ms.
 */
export function makeReceipts(deps: {
  store: ObjectStore
  keepMs: number
  now: () => number
  /** Signs a receipt; `undefined`: no key is configured. */
  sign: (receipt: PromotionReceipt) => Envelope | undefined
  onUnreadable: (key: string, error: Error) => void
  /** What failed when old receipts were to be deleted. */
  onError: (error: Error) => void
}) {
  const { store } = deps
  const journal = makeJournal({
    ...{ store, kind: 'promotions', schema: PromotionReceipt, onUnreadable: deps.onUnreadable },
  })
  const keyOf = (id: string) => `promotion-ids/${id}`
  const envelopeKeyOf = (id: string) => `promotion-receipts/${id}.dsse.json`
  const forget = (before: Date) =>
    journal.forget(before, async (id) => {
      await store.delete(envelopeKeyOf(id))
      await store.delete(keyOf(id))
    })
  const kept = keepFor({ ...journal, forget }, deps)

  return {
    ...kept,

    async append(receipt: PromotionReceipt): Promise<void> {
      const envelope = deps.sign(receipt)
      if (envelope !== undefined) await store.put(envelopeKeyOf(receipt.id), JSON.stringify(envelope))
      // First: what is listed is found by its id, and what was killed in between is not listed twice.
      await store.put(keyOf(receipt.id), receipt.at)
      await kept.append(receipt)
    },

    /** `id` comes from a job or a checked request: it holds no slash. */
    async find(id: string): Promise<PromotionReceipt | undefined> {
      const at = await store.get(keyOf(id))
      return at && journal.get({ id, at: at.toString() })
    },

    /** The signed receipt, as it was written. */
    envelope: (id: string): Promise<Buffer | undefined> => store.get(envelopeKeyOf(id)),
  }
}
export type Receipts = ReturnType<typeof makeReceipts>
