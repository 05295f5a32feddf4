import type { ObjectInfo } from '../store/object-store.ts'
import type { RegistryStorage } from './storage.ts'

/**
 * A storage whose answers are checked: an object that has no size or no time, or that nobody asked for, would make wrong sums, or look old
 * enough to be deleted.
 */
export function checkedStorage(storage: RegistryStorage): RegistryStorage {
  const { place } = storage

  async function* checked<Of extends ObjectInfo>(objects: AsyncIterable<Of>, prefix = ''): AsyncIterable<Of> {
    for await (const object of objects) yield check(object, prefix)
  }

  /** @throws Error if it cannot be */
  function check<Of extends ObjectInfo>(object: Of, prefix: string): Of {
    const { key, size, modifiedAt } = object
    const wrong = (what: string) =>
      new Error(`${place} tells of an object ${JSON.stringify(key)} ${what}: it cannot be trusted`)
    if (!key.startsWith(prefix)) throw wrong(`in a list of what begins with ${JSON.stringify(prefix)}`)
    if (!Number.isSafeInteger(size) || size < 0) throw wrong(`of ${size} bytes`)
    if (Number.isNaN(modifiedAt.getTime())) throw wrong('without a time')
    return object
  }

  return {
    ...storage,
    list: (prefix, after) => checked(storage.list(prefix, after), prefix),
    inFolders: (path, name) => checked(storage.inFolders(path, name), path),
    hidden: (unlisted) => checked(storage.hidden(unlisted)),
    async head(key) {
      const found = await storage.head(key)
      return found && check(found, key)
    },
  }
}
