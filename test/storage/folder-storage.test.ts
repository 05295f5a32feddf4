import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeFolderStorage } from '../../src/storage/folder-storage.ts'
import { registryStorageContract } from './contract.ts'

describe('a registry in a folder', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tallyman-storage-'))
  })
  afterAll(() => rm(root, { recursive: true, force: true }))

  async function open() {
    const path = await mkdtemp(join(root, 'one-'))
    return {
      path,
      storage: makeFolderStorage({ path }),
      async put(key: string, bytes: Buffer) {
        await mkdir(dirname(join(path, key)), { recursive: true })
        await writeFile(join(path, key), bytes)
      },
    }
  }

  registryStorageContract(open)

  it('one that is missing, or is a file, is no empty one', async () => {
    await writeFile(join(root, 'file'), 'x')
    for (const [path, why] of [
      ['missing', /ENOENT.*missing/],
      ['file', /file is no folder/],
    ] as const) {
      const storage = makeFolderStorage({ path: join(root, path) })
      for (const act of [
        () => Array.fromAsync(storage.list('')),
        () => storage.folders('docker/registry/v2/repositories/'),
        () => Array.fromAsync(storage.inFolders('docker/', 'link')),
        () => storage.head('a'),
        () => storage.get('a'),
        () => storage.read('a'),
      ])
        await expect(act(), `${path}: ${act}`).rejects.toThrow(why)
      await expect(storage.copy('a', 'b')).rejects.toThrow()
    }
    // A copy into a folder that is missing would make it.
    expect(await readdir(root)).not.toContain('missing')
  })

  it('folders may have names that no object of ours has', async () => {
    const { storage, put } = await open()
    for (const name of ['a b', 'ü', '50%', 'a(1)'])
      await put(`repositories/${name}/_uploads/1/data`, Buffer.from('x'))
    expect(await storage.folders('repositories/')).toEqual(['50%/', 'a b/', 'a(1)/', 'ü/'])
  })

  it.each(['../other', '/etc/passwd', 'a/../../b', '', '.'])('the key %j leads nowhere', async (key) => {
    const { storage, put } = await open()
    await put('a', Buffer.from('x'))
    await expect(storage.copy('a', key)).rejects.toThrow('not a key in a storage')
    await expect(storage.delete([key])).rejects.toThrow('not a key in a storage')
    expect(await storage.get('a')).toBeDefined()
  })

  it('a link of a registry that leads nowhere is no empty folder: its disk may not be mounted', async () => {
    const { storage, path } = await open()
    await mkdir(join(path, 'docker/registry/v2/repositories'), { recursive: true })
    await symlink('/not/mounted', join(path, 'stray'))
    expect(await Array.fromAsync(storage.list(''))).toEqual([])
    await symlink('/not/mounted', join(path, 'docker/registry/v2/repositories/team'))
    await expect(Array.fromAsync(storage.list(''))).rejects.toThrow('repositories/team leads nowhere')
  })

  it('a copy that is there already leaves nothing behind', async () => {
    const { storage, put } = await open()
    await put('a', Buffer.from('x'))
    for (let n = 0; n < 2; n++) expect(await storage.copy('a', 'b')).toBe(true)
    expect((await Array.fromAsync(storage.list(''))).map(({ key }) => key)).toEqual(['a', 'b'])
  })

  it('the folder of a blob goes with it, and one that holds more stays', async () => {
    const { storage, put, path } = await open()
    await put('blobs/ab/abc/data', Buffer.from('x'))
    await put('blobs/cd/cde/data', Buffer.from('x'))
    await put('blobs/cd/cde/other', Buffer.from('x'))
    await storage.delete(['blobs/ab/abc/data', 'blobs/cd/cde/data'])
    expect(await readdir(join(path, 'blobs/ab'))).toEqual([])
    expect(await readdir(join(path, 'blobs/cd/cde'))).toEqual(['other'])
  })

  it('tells which objects share their bytes: those of which one is a copy of the other', async () => {
    const { storage, put } = await open()
    await put('a', Buffer.from('x'))
    await put('b', Buffer.from('x'))
    await storage.copy('a', 'c')
    const sharing = (await Array.fromAsync(storage.list(''))).map((object) => object.sharing)
    expect(sharing[0]).toBeDefined()
    expect(sharing).toEqual([sharing[0], undefined, sharing[0]])
    await storage.delete(['a'])
    expect((await Array.fromAsync(storage.list(''))).every((object) => !('sharing' in object))).toBe(true)
  })

  it('a folder of others that may not be read is told, and one of the registry is an error', async () => {
    const { storage, put, path } = await open()
    const asNobody = async <T>(act: () => Promise<T>): Promise<T> => {
      if (process.geteuid?.() !== 0) return act()
      process.seteuid?.(65_534)
      return act().finally(() => process.seteuid?.(0))
    }
    await put('docker/registry/v2/blobs/x', Buffer.from('x'))
    await put('lost+found/y', Buffer.from('y'))
    for (const folder of [root, path]) await chmod(folder, 0o755)
    await chmod(join(path, 'lost+found'), 0)
    const keys = await asNobody(async () => (await Array.fromAsync(storage.list(''))).map(({ key }) => key))
    expect(keys).toEqual(['docker/registry/v2/blobs/x'])
    const told: unknown[] = []
    await Array.fromAsync(storage.hidden((what) => told.push(what)))
    expect(told).toEqual([{ kinds: [], reason: expect.stringMatching(/EACCES.*lost\+found/) }])
    await chmod(join(path, 'docker/registry/v2/blobs'), 0)
    await expect(asNobody(() => Array.fromAsync(storage.list('')))).rejects.toThrow('EACCES')
  })

  it('a link to a folder that it is in is an error, and not walked for ever', async () => {
    const { storage, path } = await open()
    await mkdir(join(path, 'docker/registry/v2/repositories/team'), { recursive: true })
    // Two of them would double with each level.
    for (const name of ['loop', 'pool'])
      await symlink('..', join(path, 'docker/registry/v2/repositories/team', name))
    await expect(Array.fromAsync(storage.list(''))).rejects.toThrow('leads to a folder that it is in')
    await expect(storage.folders('docker/registry/v2/repositories/team/')).rejects.toThrow('that it is in')
  })

  it('follows a link to a folder', async () => {
    const { storage, put, path } = await open()
    const elsewhere = await open()
    await elsewhere.put('x/data', Buffer.from('there'))
    await put('a', Buffer.from('here'))
    await symlink(elsewhere.path, join(path, 'linked'))
    expect((await Array.fromAsync(storage.list(''))).map(({ key }) => key)).toEqual(['a', 'linked/x/data'])
    expect((await storage.get('linked/x/data'))?.toString()).toBe('there')
  })
})
