import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolderStore } from '../../src/store/folder-store.ts'
import { objectStoreContract } from './contract.ts'

describe('a folder store', () => {
  let base: string
  let stores = 0
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'tallyman-store-'))
  })
  afterAll(() => rm(base, { recursive: true }))
  const nextPath = () => join(base, String(stores++))

  objectStoreContract(async () => makeFolderStore({ path: nextPath() }))

  it('leaves no file behind when a body fails', async () => {
    const path = nextPath()
    const body = new Readable({
      read: () => body.push('x') && setTimeout(() => body.destroy(new Error('no'))),
    })
    await expect(makeFolderStore({ path }).put('a/b', body)).rejects.toThrow('no')
    const files = await readdir(path, { recursive: true, withFileTypes: true })
    expect(files.filter((file) => file.isFile())).toEqual([])
  })

  it('destroys a body it cannot store', async () => {
    const store = makeFolderStore({ path: nextPath() })
    await store.put('a', 'an object')
    const body = Readable.from(['x'])
    await expect(store.put('a/b', body)).rejects.toThrow(/ENOTDIR|EEXIST/)
    expect(body.destroyed).toBe(true)
  })

  it('takes a key of 1024 bytes', async () => {
    const store = makeFolderStore({ path: nextPath() })
    const key = `${`${'x'.repeat(200)}/`.repeat(5)}${'y'.repeat(19)}`
    await store.put(key, 'x')
    expect(await Array.fromAsync(store.list(''))).toMatchObject([{ key }])
  })

  it('does not list files whose names cannot be keys', async () => {
    const path = nextPath()
    const store = makeFolderStore({ path })
    await store.put('a', 'x')
    await writeFile(join(path, 'lost+found~'), '')
    expect(await Array.fromAsync(store.list(''))).toHaveLength(1)
  })

  it('follows a symbolic link to a folder that was moved', async () => {
    const [path, elsewhere] = [nextPath(), nextPath()]
    const store = makeFolderStore({ path })
    await store.put('r/b', 'x')
    await makeFolderStore({ path: elsewhere }).put('y/z', 'x')
    await symlink(elsewhere, join(path, 'r', 'a'))
    await symlink(join(path, 'nowhere'), join(path, 'r', 'broken'))
    expect((await Array.fromAsync(store.list('r/'))).map(({ key }) => key)).toEqual(['r/a/y/z', 'r/b'])
    expect(await store.folders('r/')).toEqual(['a/'])
  })

  it('names its path when it cannot be written', async () => {
    const file = join(base, 'a-file')
    await writeFile(file, '')
    const path = join(file, 'data')
    await expect(makeFolderStore({ path }).check()).rejects.toThrow(
      `cannot use the folder ${path}: Error: ENOTDIR`,
    )
  })
})
