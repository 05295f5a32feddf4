import { readdir, readFile, stat } from 'node:fs/promises'
import { inLanes } from './in-lanes.ts'

/** As many as the reconcile has at work: repositories, and files in each. */
const REPOSITORIES = 4
const FILES = 16

/**
 * Reads of a registry's storage what a rebuild of the index has to read, and does nothing with it: the list of
 * repositories; of each its links (by `stat`), what its tags name, and its manifests; and the size of every blob.
 */
export async function readRegistryFolder(root: string): Promise<void> {
  const v2 = `${root}/docker/registry/v2`
  await inLanes(REPOSITORIES, await repositoriesIn(`${v2}/repositories`), async (repository) => {
    const [tags, revisions, layers] = [
      `${repository}/_manifests/tags`,
      `${repository}/_manifests/revisions/sha256`,
      `${repository}/_layers/sha256`,
    ]
    await inLanes(FILES, await readdir(tags), async (tag) => {
      await stat(`${tags}/${tag}/current/link`)
      await readFile(`${tags}/${tag}/current/link`)
    })
    const manifests = await readdir(revisions)
    await inLanes(FILES, manifests, (hex) => stat(`${revisions}/${hex}/link`))
    await inLanes(FILES, await readdir(layers), (hex) => stat(`${layers}/${hex}/link`))
    await inLanes(FILES, manifests, (hex) => readFile(`${v2}/blobs/sha256/${hex.slice(0, 2)}/${hex}/data`))
  })
  for (const start of await readdir(`${v2}/blobs/sha256`)) {
    const folder = `${v2}/blobs/sha256/${start}`
    await inLanes(FILES, await readdir(folder), (hex) => stat(`${folder}/${hex}/data`))
  }
}

async function repositoriesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder)
  const below = names
    .filter((name) => !name.startsWith('_'))
    .map((name) => repositoriesIn(`${folder}/${name}`))
  return [...(names.includes('_manifests') ? [folder] : []), ...(await Promise.all(below)).flat()]
}
