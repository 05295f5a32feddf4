import { access, constants, stat, statfs } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isAbsent } from '../../store/file-info.ts'
import { makeFolderView } from '../../store/folder-view.ts'
import { BLOBS, REPOSITORIES, ROOT } from '../layout.ts'
import { findRoots } from './find-roots.ts'
import { type StorageInspector, type Told, told } from './storage-settings.ts'

/** File systems that take snapshots, by the type that statfs tells (statfs(2), and zfs_vfsops.c of OpenZFS). */
const WITH_SNAPSHOTS = new Map([
  [0x9123683e, 'btrfs'],
  [0x2fc12fc1, 'ZFS'],
])

/** Looks at a folder of this host. It writes nothing: the rights of folders are looked at. */
export function makeFolderInspector({ path }: { path: string }): StorageInspector {
  const root = resolve(path)
  const { folders } = makeFolderView({ path: root })

  return {
    root: '',
    async settings() {
      const list = await told(
        async () => (await access(root, constants.R_OK | constants.X_OK)) === undefined,
        ifDenied,
      )
      const changes = await told(async () => {
        for (const folder of [ROOT, BLOBS, REPOSITORIES])
          await access(join(root, folder), constants.W_OK | constants.X_OK).catch((error: unknown) => {
            if (!isAbsent(error)) throw error
          })
        return true
      }, ifDenied)
      const disk = await told(() => statfs(root))
      const kind = 'value' in disk ? WITH_SNAPSHOTS.get(disk.value.type) : undefined
      return {
        space:
          'unknown' in disk
            ? disk
            : {
                value: {
                  freeBytes: disk.value.bavail * disk.value.bsize,
                  bytes: disk.value.blocks * disk.value.bsize,
                  // btrfs has no fixed number of files, and says 0.
                  ...(disk.value.files > 0 && { freeFiles: disk.value.ffree, files: disk.value.files }),
                },
              },
        ...(kind !== undefined && { snapshots: kind }),
        may: { list, write: changes, delete: changes },
      }
    },
    async look(key) {
      const found = await stat(join(root, key)).catch((error: unknown) => {
        if (!isAbsent(error)) throw error
        return undefined
      })
      return found && { key, modifiedAt: found.mtime }
    },
    async elsewhere() {
      const below = (await findRoots(folders)).map((found) => join(root, found))
      // The folder of the driver is written down with what the driver makes in it.
      const [above = root] = root.split('/docker/registry')
      const isAbove = above !== root && (await stat(join(above, ROOT)).catch(() => undefined)) !== undefined
      return [...below, ...(isAbove ? [above] : [])].map((found) => `path: ${found.replace(/(?<=.)\/$/, '')}`)
    },
  }
}

const ifDenied = (error: unknown): (Told<boolean> & { value: boolean }) | undefined =>
  ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')
    ? { value: false }
    : undefined
