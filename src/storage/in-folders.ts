import type { RegistryStorage } from './storage.ts'

/** `inFolders` for a store that lists nothing but prefixes: it reads the whole listing of `path`. */
export const makeInFolders = (list: RegistryStorage['list']): RegistryStorage['inFolders'] =>
  async function* inFolders(path, name) {
    for await (const info of list(path))
      if (info.key.slice(info.key.indexOf('/', path.length) + 1) === name) yield info
  }
