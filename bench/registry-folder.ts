import { hash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOfName } from './made-up-content.ts'
import { type MadeUpImage, madeUpImage, type Shape } from './made-up-image.ts'

const OCI = 'application/vnd.oci.image'
/** Where Linux keeps files in memory: a file and its folder take about 20 µs to make there, on a disk ten times that. */
const IN_MEMORY = '/dev/shm'
/** A page for the file, and an inode each for it and its folder. */
const BYTES_A_FILE = 7_000
const FILES_A_MANIFEST = 13

const ROOT = 'docker/registry/v2'

/**
 * Makes a registry's storage as distribution lays it out (docs/registries.md, Storage layout), with a tag for each
 * manifest, and returns its `rootdirectory`. Everything hashes to its digest; a layer's content is its name. Left out
 * is the history of tags, which nobody reads.
 */
export function makeRegistryFolder(manifests: number, shape: Shape) {
  const root = mkdtempSync(join(placeFor(manifests * FILES_A_MANIFEST * BYTES_A_FILE), 'tallyman-registry-'))
  const remove = () => rmSync(root, { recursive: true, force: true })
  process.once('exit', remove)
  const files = fill(join(root, ROOT), manifests, shape)
  return { root, files, remove }
}

/** Memory where as much again stays free, for the index that is built beside it. */
function placeFor(bytes: number): string {
  if (!existsSync(IN_MEMORY)) return tmpdir()
  const { bavail, bsize } = statfsSync(IN_MEMORY)
  return Math.min(bavail * bsize, process.availableMemory()) > 2 * bytes ? IN_MEMORY : tmpdir()
}

/** The number of files written. */
function fill(root: string, manifests: number, shape: Shape): number {
  const written = new Set<string>()
  let files = 0
  /** A file in a folder of its own, the first time that it is asked for. */
  const write = (folder: string, name: string, content: string) => {
    const path = `${root}/${folder}`
    if (written.has(path)) return
    written.add(path)
    mkdirSync(path)
    writeFileSync(`${path}/${name}`, content)
    files++
  }
  const blob = (hex: string, content: string) =>
    write(`blobs/sha256/${hex.slice(0, 2)}/${hex}`, 'data', content)

  for (let n = 0; n < 256; n++)
    mkdirSync(`${root}/blobs/sha256/${n.toString(16).padStart(2, '0')}`, { recursive: true })
  const repositories = new Set<string>()
  for (let n = 0; n < manifests; n++) {
    const image = madeUpImage(n, shape)
    const home = `repositories/${image.repository}`
    if (!repositories.has(home)) {
      repositories.add(home)
      for (const folder of ['_layers/sha256', '_manifests/revisions/sha256', '_manifests/tags', '_uploads'])
        mkdirSync(`${root}/${home}/${folder}`, { recursive: true })
    }
    for (const name of [image.config, ...image.layers]) {
      const hex = hash('sha256', name)
      blob(hex, name)
      write(`${home}/_layers/sha256/${hex}`, 'link', `sha256:${hex}`)
    }
    const manifest = manifestOf(image)
    const hex = hash('sha256', manifest)
    blob(hex, manifest)
    write(`${home}/_manifests/revisions/sha256/${hex}`, 'link', `sha256:${hex}`)
    mkdirSync(`${root}/${home}/_manifests/tags/${image.tag}`)
    write(`${home}/_manifests/tags/${image.tag}/current`, 'link', `sha256:${hex}`)
  }
  return files
}

function manifestOf({ config, layers }: MadeUpImage): string {
  const descriptor = (mediaType: string, name: string) => ({
    ...{ mediaType: `${OCI}.${mediaType}`, digest: digestOfName(name), size: Buffer.byteLength(name) },
  })
  const content = {
    schemaVersion: 2,
    mediaType: `${OCI}.manifest.v1+json`,
    config: descriptor('config.v1+json', config),
    layers: layers.map((layer) => descriptor('layer.v1.tar+gzip', layer)),
  }
  return JSON.stringify(content, undefined, 2)
}
