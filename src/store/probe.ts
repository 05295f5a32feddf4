import { randomUUID } from 'node:crypto'
import type { ObjectStore } from './object-store.ts'

/** Writes, lists, reads and deletes a small object. Throws an error that names `location` if any of this fails. */
export async function probe(store: Omit<ObjectStore, 'check'>, location: string): Promise<void> {
  const key = `check/${randomUUID()}`
  try {
    await store.put(key, key)
    for await (const { size } of store.list(key))
      if (size !== key.length) throw new Error('the list shows a wrong size')
    if ((await store.get(key))?.toString() !== key)
      throw new Error('reading gave other content than was written')
    await store.delete(key)
  } catch (cause) {
    throw new Error(`cannot use ${location}: ${cause}`, { cause })
  }
}
