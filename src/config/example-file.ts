import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The path from the working directory to the example of a configuration that comes with this Tallyman. */
export const exampleFile = (): string =>
  relative('', fileURLToPath(new URL('../../tallyman.example.yaml', import.meta.url)))
