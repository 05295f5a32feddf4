import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import { Value } from 'typebox/value'
import type { ObjectStore } from '../store/object-store.ts'
import { isPlanId, ShownPlan } from './shown-plan.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** How long a plan can be applied after it was shown last, in ms: a day. */
export const SHOWN_MS = 86_400_000

/** How often old plans are looked for, in ms. */
const FORGET_EVERY_MS = 3_600_000

const FOLDER = 'expiry-plans/'
const keyOf = (id: string) => `${FOLDER}${id}.json.zst`

/** The plans that people have looked at: `expiry-plans/<id>.json.zst`. `now` is epoch µs. */
export function makeShownPlans({ store, now }: { store: ObjectStore; now: () => number }) {
  let forgotAt = Number.NEGATIVE_INFINITY

  async function forgetOld(): Promise<void> {
    const nowMs = now() / 1000
    if (nowMs - forgotAt < FORGET_EVERY_MS) return
    forgotAt = nowMs
    for await (const { key, modifiedAt } of store.list(FOLDER))
      if (modifiedAt.getTime() < nowMs - SHOWN_MS) await store.delete(key)
  }

  return {
    async put(plan: ShownPlan): Promise<void> {
      await forgetOld()
      await store.put(keyOf(plan.id), await compress(JSON.stringify(plan)))
    },

    /** `undefined` if there is none, or if it was shown more than a day ago. */
    async get(id: string): Promise<ShownPlan | undefined> {
      const body = isPlanId(id) ? await store.get(keyOf(id)) : undefined
      if (body === undefined) return undefined
      const plan = Value.Parse(ShownPlan, JSON.parse((await decompress(body)).toString()))
      return plan.asOf / 1000 < now() / 1000 - SHOWN_MS ? undefined : plan
    },
  }
}
export type ShownPlans = ReturnType<typeof makeShownPlans>
