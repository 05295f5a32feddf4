import { hash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOfName } from './made-up-content.ts'
import { type MadeUpImage, madeUpImage, type Shape } from './made-up-image.ts'

const OCI = 'application/vnd.oci.image'
/**
 * Linux keeps these files in memory. To make a file and its folder takes about 20 µs here, on a disk ten times that.
 */
const IN_MEMORY = '/dev/shm'
/** A page for the file, and an inode each for it and its folder. */
const BYTES_A_FILE = 7_000
const FILES_A_MANIFEST = 13

const ROOT = 'docker/registry/v2'

/**
 * Makes a registry's storage as distribution lays it out (docs/registries.md, Storage layout), with a tag for each
 * manifest. `root` is its `rootdirectory`. Every content has its true digest; a layer's content is its name. The
 * history of tags is left out, since nobody reads it.
 */
export function makeRegistryFolder(manifests: number, shape: Shape) {
  const root = mkdtempSync(
    join(parentFolderFor(manifests * FILES_A_MANIFEST * BYTES_A_FILE), 'tallyman-registry-'),
  )
  const remove = () => {
    process.off('exit', remove)
    rmSync(root, { recursive: true, force: true })
  }
  process.once('exit', remove)
  const files = writeFiles(join(root, ROOT), manifests, shape)
  return { root, files, remove }
}

/** In memory, if as much again stays free for the index that is built from it. */
export function parentFolderFor(bytes: number): string {
  if (!existsSync(IN_MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(IN_MEMORY)
  return Math.min(bavail * bsize, process.availableMemory()) > 2 * bytes ? IN_MEMORY : tmpdir()
}

/** Writes the files; gives their number. */
function writeFiles(root: string, manifests: number, shape: Shape): number {
  const written = new Set<string>()
  let files = 0
  /** Writes a file in a folder of its own, unless it is written already. */
  const writeOnce = (folder: string, name: string, content: string) => {
    const path = `${root}/${folder}`
    if (written.has(path)) return
    written.add(path)
    mkdirSync(path)
    writeFileSync(`${path}/${name}`, content)
    files++
  }
  const writeBlob = (hex: string, content: string) =>
    writeOnce(`blobs/sha256/${hex.slice(0, 2)}/${hex}`, 'data', content)

  for (let n = 0; n < 256; n++)
    mkdirSync(`${root}/blobs/sha256/${n.toString(16).padStart(2, '0')}`, { recursive: true })
  const repositories = new Set<string>()
  for (let n = 0; n < manifests; n++) {
    const image = madeUpImage(n, shape)
    const folder = `repositories/${image.repository}`
    if (!repositories.has(folder)) {
      repositories.add(folder)
      for (const name of ['_layers/sha256', '_manifests/revisions/sha256', '_manifests/tags', '_uploads'])
        mkdirSync(`${root}/${folder}/${name}`, { recursive: true })
    }
    for (const name of [image.config, ...image.layers]) {
      const hex = hash('sha256', name)
      writeBlob(hex, name)
      writeOnce(`${folder}/_layers/sha256/${hex}`, 'link', `sha256:${hex}`)
    }
    const manifest = manifestOf(image)
    const hex = hash('sha256', manifest)
    writeBlob(hex, manifest)
    writeOnce(`${folder}/_manifests/revisions/sha256/${hex}`, 'link', `sha256:${hex}`)
    mkdirSync(`${root}/${folder}/_manifests/tags/${image.tag}`)
    writeOnce(`${folder}/_manifests/tags/${image.tag}/current`, 'link', `sha256:${hex}`)
  }
  return files
}

function manifestOf({ config, layers }: MadeUpImage): string {
  const descriptor = (mediaType: string, name: string) => ({
    mediaType: `${OCI}.${mediaType}`,
    digest: digestOfName(name),
    size: Buffer.byteLength(name),
  })
  const content = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: descriptor('config.v1+json', config),
    layers: layers.map((layer) => descriptor('layer.v1.tar+gzip', layer)),
  }
  return JSON.stringify(content, undefined, 2)
}
