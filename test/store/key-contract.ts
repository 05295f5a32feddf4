import { expect, it } from 'vitest'
import { InvalidKeyError } from '../../src/store/assert-key.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { collect } from './collect.ts'

const segment = 'x'.repeat(255)
const tooLong = [`${segment}x`, `${`${segment}/`.repeat(4)}y`]
const escaping = ['.', '..', '/', '/a', './a', '../a', 'a/../b', 'a/..', '%2e%2e/a']
const NO_KEYS = [...tooLong, ...escaping, '', 'a/', 'a//b', 'a\\b', 'a b', 'ä', 'a\n', 'a\0', '~unfinished/a']

/** What every ObjectStore refuses. */
export function keyContract(open: () => Promise<ObjectStore>): void {
  it('refuses what is no key', async () => {
    const store = await open()
    for (const key of NO_KEYS) {
      await expect(store.put(key, 'x'), key).rejects.toThrow(InvalidKeyError)
      await expect(store.get(key), key).rejects.toThrow(InvalidKeyError)
      await expect(store.read(key), key).rejects.toThrow(InvalidKeyError)
      await expect(store.head(key), key).rejects.toThrow(InvalidKeyError)
      await expect(store.delete(key), key).rejects.toThrow(InvalidKeyError)
    }
  })

  it.each(['/', '../', 'a/../', 'a//', 'ä', '~unfinished/'])('the prefix %j is refused', async (prefix) => {
    await expect(collect((await open()).list(prefix))).rejects.toThrow(InvalidKeyError)
  })

  it.each(['/', 'a', '../', 'a//', 'ä/', '~unfinished/'])('the folder %j is refused', async (path) => {
    await expect((await open()).folders(path)).rejects.toThrow(InvalidKeyError)
    await expect(collect((await open()).inFolders(path, 'x'))).rejects.toThrow(InvalidKeyError)
  })
}
