import pMap from 'p-map'
import { REPOSITORIES } from '../storage/layout.ts'
import type { RegistryStorage } from '../storage/storage.ts'

/** Folders that are looked at at a time. */
const FOLDERS = { concurrency: 16 }

/** An upload that is not complete. */
export interface OpenUpload {
  repository: string
  id: string
  bytes: number
  objects: number
  /** When anything of it was last written, by the clock of the storage. epoch ms */
  writtenAt: number
}

/**
 * The uploads that are not complete, as the storage has them now. It lists the folders of repositories, and their uploads: not
 * their links, which are most of a storage.
 */
export async function openUploads(storage: RegistryStorage): Promise<OpenUpload[]> {
  const uploads = new Map<string, OpenUpload>()

  async function readUploads(repository: string): Promise<void> {
    const prefix = `${REPOSITORIES}${repository}/_uploads/`
    for await (const { key, size, modifiedAt } of storage.list(prefix)) {
      const [id = ''] = key.slice(prefix.length).split('/')
      const name = `${repository}/${id}`
      const known = uploads.get(name) ?? { repository, id, bytes: 0, objects: 0, writtenAt: 0 }
      uploads.set(name, {
        ...{ ...known, bytes: known.bytes + size, objects: known.objects + 1 },
        writtenAt: Math.max(known.writtenAt, modifiedAt.getTime()),
      })
    }
  }

  async function walk(paths: readonly string[]): Promise<void> {
    const below = await pMap(
      paths,
      async (path) => {
        const names = await storage.folders(`${REPOSITORIES}${path}`)
        if (names.includes('_uploads/')) await readUploads(path.slice(0, -1))
        // No part of the name of a repository begins with _.
        return names.filter((name) => !name.startsWith('_')).map((name) => `${path}${name}`)
      },
      FOLDERS,
    )
    if (below.length > 0) await walk(below.flat())
  }
  await walk([''])
  return [...uploads.values()]
}
