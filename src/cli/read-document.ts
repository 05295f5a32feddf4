import { parseJsonOrYaml } from '../platform/json-or-yaml.ts'
import { readTextFile } from '../platform/read-text-file.ts'
import { CommandError } from './command-error.ts'

/** Reads a file in JSON or YAML, of at most `limit` bytes. @throws CommandError that names the file */
export async function readDocument(file: string, limit: number): Promise<unknown> {
  const text = await readTextFile(file, limit).catch((error: Error) => {
    throw new CommandError(`${file}: cannot be read: ${error.message}`)
  })
  try {
    return parseJsonOrYaml(text)
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message : error}`)
  }
}
