import { resolve } from 'node:path'
import { type TObject, Type } from 'typebox'
import { readTextFile } from '../platform/read-text-file.ts'
import type { Report } from './config-error.ts'
import { readError } from './read-error.ts'
import { isMapping, isSecret, type Node, type Path } from './walk.ts'

/** Bytes of a file that holds a secret. */
const SECRET_LIMIT = 64 * 1024

/** Bytes of a file in PEM: a bundle of all CAs that there are has 220 kB. */
const PEM_LIMIT = 1024 * 1024

/** The keys of a section that hold secrets. */
function secretKeys(schema: TObject): string[] {
  return Object.keys(schema.properties).filter((key) => isSecret(schema.properties[key]))
}

/** Every key that a section may have in the file: its own keys and, for each secret, also `…File`. */
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

/** Replaces each `tokenFile` of a section by `token` with the content of the file. Paths are relative to `folder`. */
export async function resolveSecrets({ schema, value, path }: Node, folder: string, report: Report) {
  if (!Type.IsObject(schema) || !isMapping(value)) return
  for (const key of secretKeys(schema)) {
    const { [key]: given, [`${key}File`]: file } = value
    if (file === undefined) continue
    delete value[`${key}File`]
    const problem = (message: string) => report([...path, key], message)
    if (given !== undefined) problem(`expected ${key} or ${key}File, not both`)
    else {
      const isPem = schema.properties[key] !== undefined && 'pem' in schema.properties[key]
      value[key] = await readSecret(resolve(folder, String(file)), isPem, problem)
    }
  }
}

/** The secret in `file`, or '' if there is none. (Without a value, the key would be reported as missing, too.) */
async function readSecret(file: string, isPem: boolean, problem: (message: string) => void): Promise<string> {
  const text = await readTextFile(file, isPem ? PEM_LIMIT : SECRET_LIMIT).catch((error) =>
    problem(`cannot read ${file}: ${readError(error)}`),
  )
  if (text === undefined) return ''
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') problem(`expected a secret in ${file}, but the file is empty`)
  else if (isPem) return secret
  else if (/[\r\n]/.test(secret)) problem(`expected one line in ${file}, but it has several`)
  else if (/\p{Cc}/u.test(secret)) problem(`expected text in ${file}, but it has control characters`)
  else if (secret !== secret.trim()) problem(`expected no space at the beginning or the end of ${file}`)
  return secret
}
