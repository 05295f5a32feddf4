import type { RegistryStorage } from './storage.ts'

/** A storage that is opened when it is first used: some need an SDK that takes time and memory to load. */
export function makeLazyStorage(place: string, open: () => Promise<RegistryStorage>): RegistryStorage {
  let opened: Promise<RegistryStorage> | undefined
  const storage = () => (opened ??= open())
  return {
    place,
    async *list(prefix, after) {
      yield* (await storage()).list(prefix, after)
    },
    folders: async (path) => (await storage()).folders(path),
    async *inFolders(path, name) {
      yield* (await storage()).inFolders(path, name)
    },
    head: async (key) => (await storage()).head(key),
    get: async (key, limit) => (await storage()).get(key, limit),
    read: async (key) => (await storage()).read(key),
    copy: async (from, to) => (await storage()).copy(from, to),
    delete: async (keys) => (await storage()).delete(keys),
    async *hidden(unlisted) {
      yield* (await storage()).hidden(unlisted)
    },
  }
}
