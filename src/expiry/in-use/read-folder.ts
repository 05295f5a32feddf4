import { readdir, realpath, stat } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { printable } from '../../platform/printable.ts'
import { readTextFile } from '../../platform/read-text-file.ts'
import { imagesIn } from './images-in.ts'
import { LIMITS } from './source.ts'

const EXTENSIONS = ['.yaml', '.yml', '.json']

/** The largest file that is parsed, in bytes. */
const FILE_BYTES = 8 * 1024 * 1024

/**
 * The names of images in the manifests of a folder and of the folders in it. Links are followed; `.git` is left out.
 * @throws Error if a file that names images cannot be read, or if there is too much to read
 */
export async function readFolder(folder: string, limits = LIMITS): Promise<string[]> {
  const names: string[] = []
  const end = performance.now() + limits.ms
  let [files, bytes] = [0, 0]
  for await (const file of manifestsIn(folder, new Set())) {
    if (performance.now() > end) throw new Error(`it took more than ${limits.ms / 1000} s`)
    if (++files > limits.files) throw new Error(`it has more than ${limits.files} files`)
    try {
      const text = await readTextFile(file, FILE_BYTES)
      bytes += text.length
      // To parse YAML takes long, and most of it names no image.
      if (IMAGE.test(text)) names.push(...namesIn(file, text))
    } catch (error) {
      throw new Error(`${printable(file)}: ${error instanceof Error ? error.message : error}`)
    }
    if (bytes > limits.folderBytes) throw new Error(`its files have more than ${limits.folderBytes} bytes`)
  }
  return names
}

/** Each file once, though links may lead to it in several ways. `seen`: the folders that were read. */
async function* manifestsIn(folder: string, seen: Set<string>): AsyncGenerator<string> {
  const real = await realpath(folder)
  if (seen.has(real)) return
  seen.add(real)
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name)
    const info = await stat(path)
    if (info.isDirectory() && name !== '.git') yield* manifestsIn(path, seen)
    else if (info.isFile() && EXTENSIONS.includes(extname(name).toLowerCase())) yield path
  }
}

const IMAGE = /\bimage(ID)?\b/

function namesIn(file: string, text: string): string[] {
  const found = [...documentsIn(file, text)].map(imagesIn)
  const wrong = found.flatMap((one) => one.wrong)[0]
  if (wrong !== undefined)
    throw new Error(`the image of a container is no name of an image: ${printable(wrong.slice(0, 100))}`)
  return found.flatMap(({ names }) => names)
}

function* documentsIn(file: string, text: string): Generator<unknown> {
  if (extname(file).toLowerCase() === '.json') {
    yield JSON.parse(text)
    return
  }
  for (const document of parseAllDocuments(text)) {
    const [error] = document.errors
    if (error !== undefined) throw new Error(error.message.split('\n')[0])
    yield document.toJS()
  }
}
