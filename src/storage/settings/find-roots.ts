/** Listings that are made. */
const MOST = 50
const DEEPEST = 3

/**
 * Finds where registries have their content in a bucket: what stands before `docker/registry/v2/`, '' or ending in '/'.
 * `folders` gives the names of the folders at a path, each with '/' at its end. What it may not list is passed over.
 */
export async function findRoots(folders: (path: string) => Promise<string[]>): Promise<string[]> {
  const found: string[] = []
  let [level, left] = [[''], MOST]
  const listed = async (path: string): Promise<string[]> => (left-- > 0 ? folders(path).catch(() => []) : [])
  for (let depth = 0; depth < DEEPEST && level.length > 0; depth++) {
    const next: string[] = []
    for (const path of level) {
      const names = await listed(path)
      const isRoot =
        names.includes('docker/') &&
        (await listed(`${path}docker/`)).includes('registry/') &&
        (await listed(`${path}docker/registry/`)).includes('v2/')
      if (isRoot) found.push(path)
      next.push(...names.filter((name) => !(isRoot && name === 'docker/')).map((name) => path + name))
    }
    level = next
  }
  return found
}
