import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HiddenObject, RegistryStorage } from '../../src/storage/storage.ts'

/** An empty storage, and the way in which the registry writes to it. */
export interface StorageBed {
  storage: RegistryStorage
  /** Writes an object as the registry's driver does. */
  put(key: string, bytes: Buffer): Promise<void>
}

const ROOT = 'docker/registry/v2/'
const MiB = 1024 * 1024

const secondOf = (time: Date | undefined) => Math.floor((time?.getTime() ?? 0) / 1000)

/** Tests that every storage of a registry passes; `open` makes an empty one. */
export function registryStorageContract(open: () => Promise<StorageBed>): void {
  const keysIn = async (storage: RegistryStorage, prefix = '', after?: string) =>
    (await Array.fromAsync(storage.list(prefix, after))).map(({ key }) => key)

  it('shows an object with its size and time, and its bytes', async () => {
    const { storage, put } = await open()
    const bytes = randomBytes(3 * MiB + 1)
    const before = Date.now()
    const key = `${ROOT}blobs/sha256/ab/${'ab'.repeat(32)}/data`
    await put(key, bytes)
    const info = await storage.head(key)
    expect(info).toMatchObject({ key, size: bytes.length })
    // Stores tell whole seconds, by their own clock.
    expect(Math.abs((info?.modifiedAt.getTime() ?? 0) - before)).toBeLessThan(60_000)
    // Ceph tells milliseconds in a list, and none of an object.
    const listed = await Array.fromAsync(storage.list(''))
    expect(listed).toMatchObject([{ key, size: bytes.length }])
    expect(secondOf(listed[0]?.modifiedAt)).toBe(secondOf(info?.modifiedAt))
    expect((await storage.get(key))?.equals(bytes)).toBe(true)
    const stream = await storage.read(key)
    expect(stream && (await buffer(stream)).equals(bytes)).toBe(true)
  })

  it('knows what is not there', async () => {
    const { storage, put } = await open()
    await put('a/b', Buffer.from('x'))
    for (const key of ['b', 'a', 'a/b/c', 'a/bb']) {
      expect(await storage.head(key), key).toBeUndefined()
      expect(await storage.get(key), key).toBeUndefined()
      expect(await storage.read(key), key).toBeUndefined()
      expect(await storage.copy(key, 'to'), key).toBe(false)
      await storage.delete([key])
    }
    expect(await keysIn(storage)).toEqual(['a/b'])
    expect(await storage.folders('b/')).toEqual([])
    expect(await keysIn(storage, 'b')).toEqual([])
    expect(await Array.fromAsync(storage.inFolders('b/', 'x'))).toEqual([])
  })

  it('reads no object beyond the limit', async () => {
    const { storage, put } = await open()
    await put('a', Buffer.from('four'))
    expect((await storage.get('a', 4))?.toString()).toBe('four')
    await expect(storage.get('a', 3)).rejects.toThrow('it has 4 bytes, more than 3')
  })

  it('lists what begins with a prefix and comes after a key, in byte order, and the folders', async () => {
    const segment = fc.stringMatching(/^[a-c._-]{0,2}[a-c]$/)
    const keys = fc.uniqueArray(fc.array(segment, { minLength: 1, maxLength: 3 }), {
      selector: (path) => path.join('/'),
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(keys, segment, segment, async (paths, prefix, after) => {
        const { storage, put } = await open()
        // A file system has no object beside a folder of its name.
        const held = paths.filter(
          (path) =>
            !paths.some(
              (other) => other.length > path.length && other.slice(0, path.length).join() === path.join(),
            ),
        )
        for (const path of held) await put(path.join('/'), Buffer.from('1'))
        const all = held.map((path) => path.join('/')).sort()
        expect(await keysIn(storage)).toEqual(all)
        expect(await keysIn(storage, prefix)).toEqual(all.filter((key) => key.startsWith(prefix)))
        expect(await keysIn(storage, '', after)).toEqual(all.filter((key) => key > after))
        const folders = held.filter((path) => path.length > 1).map(([first]) => `${first}/`)
        expect(await storage.folders('')).toEqual([...new Set(folders)].sort())
      }),
      { numRuns: 15 },
    )
  })

  it('finds one object in each folder', async () => {
    const { storage, put } = await open()
    for (const key of ['a/1/link', 'a/1/other', 'a/2/x/link', 'a/3/link', 'a/link', 'b/1/link'])
      await put(key, Buffer.from(key))
    expect((await Array.fromAsync(storage.inFolders('a/', 'link'))).map(({ key }) => key)).toEqual([
      'a/1/link',
      'a/3/link',
    ])
    expect((await Array.fromAsync(storage.inFolders('a/', 'x/link'))).map(({ key }) => key)).toEqual([
      'a/2/x/link',
    ])
  })

  it('reads pages: 2,500 objects', async () => {
    const { storage, put } = await open()
    const keys = Array.from({ length: 2_500 }, (_, n) => `many/${String(n).padStart(5, '0')}/data`)
    await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map(async (worker) => {
        for (let n = worker; n < keys.length; n += 8) await put(keys[n] ?? '', Buffer.from('1'))
      }),
    )
    expect(await keysIn(storage, 'many/')).toEqual(keys)
    expect(await storage.folders('many/')).toHaveLength(2_500)
    expect(await Array.fromAsync(storage.inFolders('many/', 'data'))).toHaveLength(2_500)
    await storage.delete(keys.slice(1))
    expect(await keysIn(storage)).toEqual(keys.slice(0, 1))
  })

  it('copies over what is there, and a copy outlives what it was made of', async () => {
    const { storage, put } = await open()
    await put('a/data', Buffer.from('first'))
    await put('trash/data', Buffer.from('old'))
    expect(await storage.copy('a/data', 'trash/data')).toBe(true)
    expect((await storage.get('trash/data'))?.toString()).toBe('first')
    await storage.delete(['a/data', 'a/absent'])
    expect(await keysIn(storage)).toEqual(['trash/data'])
    await put('a/data', Buffer.from('second'))
    expect((await storage.get('trash/data'))?.toString()).toBe('first')
    expect(await storage.copy('trash/data', 'a/data')).toBe(true)
    expect((await storage.get('a/data'))?.toString()).toBe('first')
  })

  it('keys may have what the names of other programs have', async () => {
    const { storage, put } = await open()
    const keys = ['a b', 'plus+%20', 'ä/ö', '~tmp'].sort()
    for (const key of keys) await put(`odd/${key}`, Buffer.from(key))
    expect((await keysIn(storage)).sort()).toEqual(keys.map((key) => `odd/${key}`).sort())
    for (const key of keys) {
      expect(await storage.copy(`odd/${key}`, 'copy'), key).toBe(true)
      expect((await storage.get('copy'))?.toString()).toBe(key)
    }
    await storage.delete(keys.map((key) => `odd/${key}`))
    expect(await keysIn(storage)).toEqual(['copy'])
  })

  it('an empty storage has nothing hidden', async () => {
    const { storage } = await open()
    expect(await Array.fromAsync(storage.hidden())).toEqual([] satisfies HiddenObject[])
  })
}
