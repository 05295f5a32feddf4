import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The example of a configuration that comes with this Tallyman: its path from the working directory, if it is below that. */
export function exampleFile(): string {
  const file = fileURLToPath(new URL('../../tallyman.example.yaml', import.meta.url))
  const path = relative('', file)
  return path.startsWith('..') ? file : path
}
