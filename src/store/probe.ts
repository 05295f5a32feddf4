import { randomUUID } from 'node:crypto'
import type { ObjectStore } from './object-store.ts'

/** Does with a small object what a store is for; throws an error naming `place` when any of it fails. */
export async function probe(store: Omit<ObjectStore, 'check'>, place: string): Promise<void> {
  const key = `check/${randomUUID()}`
  try {
    await store.put(key, key)
    for await (const { size } of store.list(key))
      if (size !== key.length) throw new Error('a list misstates it')
    if ((await store.get(key))?.toString() !== key) throw new Error('what was written cannot be read back')
    await store.delete(key)
  } catch (cause) {
    throw new Error(`cannot use ${place}: ${cause}`, { cause })
  }
}
