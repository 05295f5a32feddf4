import { expect, it } from 'vitest'
import { InvalidKeyError } from '../../src/store/assert-key.ts'
import type { ObjectStore } from '../../src/store/object-store.ts'

const segment = 'x'.repeat(255)
const tooLong = [`${segment}x`, `${`${segment}/`.repeat(4)}y`]
const escaping = ['.', '..', '/', '/a', './a', '../a', 'a/../b', 'a/..', '%2e%2e/a']
const INVALID_KEYS = [
  ...tooLong,
  ...escaping,
  '',
  'a/',
  'a//b',
  'a\\b',
  'a b',
  'ä',
  'a\n',
  'a\0',
  '~unfinished/a',
]

/** Tests of the keys, prefixes and folders that every ObjectStore refuses. */
export function keyContract(open: () => Promise<ObjectStore>): void {
  it('refuses invalid keys', async () => {
    const store = await open()
    for (const key of INVALID_KEYS) {
      await expect(store.put(key, 'x'), key).rejects.toThrow(InvalidKeyError)
      await expect(store.get(key), key).rejects.toThrow(InvalidKeyError)
      await expect(store.read(key), key).rejects.toThrow(InvalidKeyError)
      await expect(store.head(key), key).rejects.toThrow(InvalidKeyError)
      await expect(store.delete(key), key).rejects.toThrow(InvalidKeyError)
    }
  })

  it.each(['/', '../', 'a/../', 'a//', 'ä', '~unfinished/'])('the prefix %j is refused', async (prefix) => {
    await expect(Array.fromAsync((await open()).list(prefix))).rejects.toThrow(InvalidKeyError)
  })

  it.each(['/', 'a', '../', 'a//', 'ä/', '~unfinished/'])('the folder %j is refused', async (path) => {
    await expect((await open()).folders(path)).rejects.toThrow(InvalidKeyError)
    await expect(Array.fromAsync((await open()).inFolders(path, 'x'))).rejects.toThrow(InvalidKeyError)
  })
}
