import { readdir, readFile, stat } from 'node:fs/promises'
import pMap from 'p-map'

/** Repositories read at a time, as many as the reconcile reads. */
const REPOSITORIES = { concurrency: 4 }
/** Files read at a time in each. */
const FILES = { concurrency: 16 }

/**
 * Reads the parts of a registry's storage that a rebuild of the index must read, and does nothing with them: the list
 * of repositories; in each its links (by `stat`), its tags' links and its manifests; and the size of every blob.
 */
export async function readRegistryFolder(root: string): Promise<void> {
  const v2 = `${root}/docker/registry/v2`
  const readRepository = async (repository: string) => {
    const tags = `${repository}/_manifests/tags`
    const revisions = `${repository}/_manifests/revisions/sha256`
    const layers = `${repository}/_layers/sha256`
    const readTag = async (tag: string) => {
      await stat(`${tags}/${tag}/current/link`)
      await readFile(`${tags}/${tag}/current/link`)
    }
    await pMap(await readdir(tags), readTag, FILES)
    const manifests = await readdir(revisions)
    await pMap(manifests, (hex) => stat(`${revisions}/${hex}/link`), FILES)
    await pMap(await readdir(layers), (hex) => stat(`${layers}/${hex}/link`), FILES)
    await pMap(manifests, (hex) => readFile(`${v2}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`), FILES)
  }
  await pMap(await repositoriesIn(`${v2}/repositories`), readRepository, REPOSITORIES)
  for (const start of await readdir(`${v2}/blobs/sha256`)) {
    const folder = `${v2}/blobs/sha256/${start}`
    await pMap(await readdir(folder), (hex) => stat(`${folder}/${hex}/data`), FILES)
  }
}

async function repositoriesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  const below = names
    .filter((name) => !name.startsWith('_'))
    .map((name) => repositoriesIn(`${folder}/${name}`))
  return [...(names.includes('_manifests') ? [folder] : []), ...(await Promise.all(below)).flat()]
}
