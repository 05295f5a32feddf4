import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { boundToUs } from './bound.ts'
import { digestOf, type LabImage, writeOciLayout } from './image.ts'

const run = promisify(execFile)
const skopeo = (...args: string[]) => run(...boundToUs('skopeo', args))

/** Pushes an image, or an index with all its images, to `host/repository:tag`. */
export async function skopeoPush(image: LabImage, to: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-oci-'))
  try {
    await writeOciLayout(folder, 'image', image)
    await skopeo('copy', '--all', '--dest-tls-verify=false', `oci:${folder}:image`, `docker://${to}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Pulls an image into a folder, which it then removes. */
export async function skopeoPull(from: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-pull-'))
  try {
    await skopeo('copy', '--src-tls-verify=false', `docker://${from}`, `dir:${folder}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Pulls an image with all that it lists into a folder, which it then removes. Gives the digests of all manifests. */
export async function skopeoPullAll(from: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tallyman-pull-'))
  try {
    await skopeo('copy', '--all', '--src-tls-verify=false', `docker://${from}`, `dir:${folder}`)
    const files = (await readdir(folder)).filter((name) => name.endsWith('manifest.json'))
    return await Promise.all(files.map(async (file) => digestOf(await readFile(join(folder, file)))))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Copies an image with all that it lists to another registry, byte for byte. */
export async function skopeoCopyAll(from: string, to: string): Promise<void> {
  const flags = ['--all', '--preserve-digests', '--src-tls-verify=false', '--dest-tls-verify=false']
  await skopeo('copy', ...flags, `docker://${from}`, `docker://${to}`)
}

export async function skopeoDelete(image: string): Promise<void> {
  await skopeo('delete', '--tls-verify=false', `docker://${image}`)
}

/** What `skopeo inspect` tells of an image: of an index, of its image for linux/amd64. */
export interface Inspected {
  /** Of the image or the index itself. */
  Digest: string
  Layers: string[]
}

export async function skopeoInspect(image: string): Promise<Inspected> {
  const flags = ['--tls-verify=false', '--override-os=linux', '--override-arch=amd64']
  const { stdout } = await skopeo('inspect', ...flags, `docker://${image}`)
  return JSON.parse(stdout)
}

/** The digest of the manifest as `skopeo inspect --raw` gives it. */
export async function skopeoRawDigest(image: string): Promise<string> {
  const { stdout } = await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${image}`)
  return digestOf(Buffer.from(stdout))
}
