import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type TObject, Type } from 'typebox'
import type { Report } from './config-error.ts'
import { isMapping, isSecret, type Node, type Path } from './walk.ts'

/** The secret keys of a section. */
function secretKeys(schema: TObject): string[] {
  return Object.keys(schema.properties).filter((key) => isSecret(schema.properties[key]))
}

/** Every key that a section may hold in the file: its own, and for each secret that with `File` appended. */
export function keysOf(schema: TObject): string[] {
  return Object.entries(schema.properties).flatMap(([key, child]) =>
    isSecret(child) ? [key, `${key}File`] : [key],
  )
}

/** The other way to give the secret at `path`: `token` for `tokenFile`, `tokenFile` for `token`. */
export function otherForm(path: Path): Path {
  const key = path.at(-1) ?? ''
  return [...path.slice(0, -1), key.endsWith('File') ? key.slice(0, -4) : `${key}File`]
}

/** Puts the content of each `tokenFile` of a section in the place of `token`. Files are relative to `folder`. */
export async function resolveSecrets({ schema, value, path }: Node, folder: string, report: Report) {
  if (!Type.IsObject(schema) || !isMapping(value)) return
  for (const key of secretKeys(schema)) {
    const { [key]: given, [`${key}File`]: file } = value
    if (file === undefined) continue
    delete value[`${key}File`]
    const problem = (message: string) => report([...path, key], message)
    if (given !== undefined) problem(`expected ${key} or ${key}File, not both`)
    else value[key] = await readSecret(resolve(folder, String(file)), problem)
  }
}

/** The secret in `file`; where there is none, an empty string, so that nothing else calls the key missing. */
async function readSecret(file: string, problem: (message: string) => void): Promise<string> {
  try {
    const secret = (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
    if (secret === '') problem(`expected a secret in ${file}, which is empty`)
    return secret
  } catch (error) {
    problem(`cannot read ${file} (${error instanceof Error && 'code' in error ? error.code : error})`)
    return ''
  }
}
