import { createHash, randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import fc from 'fast-check'
import pMap from 'p-map'
import { expect, it } from 'vitest'
import type { ObjectStore } from '../../src/store/object-store.ts'
import { keyContract } from './key-contract.ts'

const MiB = 1024 * 1024

/** Tests that every ObjectStore passes; `open` makes an empty one. */
export function objectStoreContract(open: () => Promise<ObjectStore>): void {
  keyContract(open)
  const keysOf = async (store: ObjectStore, prefix = '') =>
    (await Array.fromAsync(store.list(prefix))).map(({ key }) => key)

  it.each([
    ['a string', 'größe', Buffer.from('größe')],
    ['a buffer', Buffer.from([0, 255, 10]), Buffer.from([0, 255, 10])],
    ['nothing', '', Buffer.alloc(0)],
  ])('keeps %s', async (_, body, bytes) => {
    const store = await open()
    const before = Date.now()
    await store.put('a/b', body)
    const after = Date.now()
    expect(await store.get('a/b')).toEqual(bytes)
    const info = await store.head('a/b')
    expect(info).toMatchObject({ key: 'a/b', size: bytes.length })
    const modifiedAt = info?.modifiedAt.getTime() ?? 0
    // S3 tells whole seconds, by the clock of its server.
    expect(modifiedAt).toBeGreaterThanOrEqual(before - 2_000)
    expect(modifiedAt).toBeLessThanOrEqual(after + 2_000)
    expect(await Array.fromAsync(store.list(''))).toMatchObject([{ key: 'a/b', size: bytes.length }])
  })

  it('reads no object beyond the limit', async () => {
    const store = await open()
    await store.put('a', 'four')
    expect((await store.get('a', 4))?.toString()).toBe('four')
    await expect(store.get('a', 3)).rejects.toThrow('it has 4 bytes, more than 3')
    expect(await store.get('b', 3)).toBeUndefined()
  })

  it('overwrites', async () => {
    const store = await open()
    await store.put('a', 'a longer one')
    await store.put('a', 'two')
    expect((await store.get('a'))?.toString()).toBe('two')
  })

  it.each([0, 1, 8 * MiB - 1, 8 * MiB, 20 * MiB + 3])('keeps a stream of %i bytes', async (size) => {
    const store = await open()
    const bytes = randomBytes(size)
    await store.put('big', Readable.from(cut(bytes, 300_007)))
    expect((await store.head('big'))?.size).toBe(size)
    const found = (await store.read('big')) ?? Readable.from(['absent'])
    expect(sha256(await buffer(found))).toBe(sha256(bytes))
  })

  it.each([
    ['fails at once', () => failing(0)],
    ['fails in its first part', () => failing(1000)],
    ['fails in its third part', () => failing(20 * MiB)],
    ['is destroyed', () => new Readable({ read() {} }).destroy()],
  ])('keeps the old object, and nothing of the new one, when a body %s', async (_, body) => {
    const store = await open()
    await expect(store.put('new', body())).rejects.toThrow()
    expect(await keysOf(store)).toEqual([])
    await store.put('old', 'kept')
    await expect(store.put('old', body())).rejects.toThrow()
    expect((await store.get('old'))?.toString()).toBe('kept')
  })

  it('shows a reader either the old object or the new one', async () => {
    const store = await open()
    const bodies = ['a', 'b'].map((letter) => letter.repeat(2 * MiB))
    await store.put('x', bodies[0] ?? '')
    let writing = true
    const write = async () => {
      for (let i = 1; i < 12; i++) await store.put('x', bodies[i % 2] ?? '')
      writing = false
    }
    const read = async () => {
      while (writing) expect(bodies.includes((await store.get('x'))?.toString() ?? '')).toBe(true)
    }
    await Promise.all([write(), read(), read()])
  })

  it('answers undefined for absent objects', async () => {
    const store = await open()
    await store.put('folder/object', 'x')
    for (const key of ['none', 'none/none', 'folder', 'folder/object/none']) {
      expect(await store.get(key)).toBeUndefined()
      expect(await store.read(key)).toBeUndefined()
      expect(await store.head(key)).toBeUndefined()
      await store.delete(key)
    }
    expect(await keysOf(store)).toEqual(['folder/object'])
    expect(await keysOf(store, 'none/')).toEqual([])
  })

  it('deletes', async () => {
    const store = await open()
    await store.put('a/b', 'x')
    await store.delete('a/b')
    expect(await store.get('a/b')).toBeUndefined()
    expect(await keysOf(store)).toEqual([])
  })

  it('lists in byte order, whatever the prefix', async () => {
    const segment = fc.string({ unit: fc.constantFrom(...'aB0.-_:@+='), minLength: 1, maxLength: 3 })
    const key = fc.array(
      segment.filter((s) => s !== '.' && s !== '..'),
      { minLength: 1, maxLength: 3 },
    )
    const keys = fc.uniqueArray(
      key.map((segments) => segments.join('/')),
      { minLength: 1, maxLength: 12 },
    )
    const withoutFolders = keys.filter((all) => !all.some((a) => all.some((b) => b.startsWith(`${a}/`))))
    await fc.assert(
      fc.asyncProperty(withoutFolders, fc.nat(), fc.nat(), async (all, which, length) => {
        const store = await open()
        await Promise.all(all.map((key) => store.put(key, 'x')))
        const prefixed = all[which % all.length] ?? ''
        const prefix = prefixed.slice(0, length % (prefixed.length + 1))
        const expected = all.filter((key) => key.startsWith(prefix)).sort()
        expect(await keysOf(store, prefix)).toEqual(expected)
        const later = await Array.fromAsync(store.list(prefix, prefixed))
        expect(later.map(({ key }) => key)).toEqual(expected.filter((key) => key > prefixed))
      }),
      { numRuns: 40 },
    )
  })

  it('lists the folders in a folder, in the byte order of the keys in them', async () => {
    const store = await open()
    for (const key of ['r/a-b/x', 'r/a/0/x', 'r/a/_/x', 'r/a/b/x', 'r/a0/x', 'r/a.b', 'q/x'])
      await store.put(key, '')
    expect(await store.folders('r/')).toEqual(['a-b/', 'a/', 'a0/'])
    expect(await store.folders('r/a/')).toEqual(['0/', '_/', 'b/'])
    expect(await store.folders('r/a/b/')).toEqual([])
    expect(await store.folders('nowhere/')).toEqual([])
    expect(await store.folders('')).toEqual(expect.arrayContaining(['q/', 'r/']))
  })

  it('finds the objects with a given name, one in each folder', async () => {
    const store = await open()
    const keys = ['p/a-b/l', 'p/a/l', 'p/b/l/m', 'p/c/d/l', 'p/e/l', 'p/l', 'p/f/ll', 'q/a/l']
    for (const key of keys) await store.put(key, key)
    const found = await Array.fromAsync(store.inFolders('p/', 'l'))
    expect(found).toMatchObject(['p/a-b/l', 'p/a/l', 'p/e/l'].map((key) => ({ key, size: key.length })))
    expect(await Array.fromAsync(store.inFolders('p/', 'd/l'))).toMatchObject([{ key: 'p/c/d/l' }])
    expect(await Array.fromAsync(store.inFolders('', 'a/l'))).toMatchObject([
      { key: 'p/a/l' },
      { key: 'q/a/l' },
    ])
    expect(await Array.fromAsync(store.inFolders('nowhere/', 'l'))).toEqual([])
  })

  it('keeps a key with a segment of 255 characters', async () => {
    const store = await open()
    const key = `${'x'.repeat(255)}/y`
    await store.put(key, 'z')
    expect(await keysOf(store)).toEqual([key])
  })

  it('lists more objects than fit in a page of S3', async () => {
    const store = await open()
    const keys = Array.from({ length: 1005 }, (_, i) => `p/${String(i).padStart(4, '0')}`)
    await pMap(keys, (key) => store.put(key, ''), { concurrency: 20 })
    expect(await keysOf(store, 'p/')).toEqual(keys)
  })

  it('passes its own check, which leaves nothing behind', async () => {
    const store = await open()
    await store.check()
    expect(await keysOf(store)).toEqual([])
  })
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

function* cut(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** A stream that breaks after `size` bytes. */
function failing(size: number): Readable {
  function* broken() {
    yield* cut(Buffer.alloc(size), MiB)
    throw new Error('the source broke')
  }
  return Readable.from(broken())
}
