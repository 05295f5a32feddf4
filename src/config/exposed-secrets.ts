import { stat } from 'node:fs/promises'
import { ConfigSchema } from './schema.ts'
import { readSource } from './source.ts'
import { isSecret, walk } from './walk.ts'

/**
 * A warning if `file` holds secrets, not only the names of their files, and its mode lets the group or everybody read it.
 * @throws ConfigError if it cannot be read or parsed
 */
export async function warnOfExposedSecrets(file: string): Promise<string | undefined> {
  const { value } = await readSource(file)
  const { mode } = await stat(file)
  const [secret, ...others] = [...walk(ConfigSchema, value)]
    .filter((node) => isSecret(node.schema) && node.value !== undefined)
    .map(({ path }) => path.join('.'))
  if (secret === undefined || (mode & 0o044) === 0) return undefined
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return `other users can read the secrets in ${file} (${secret}${more}): run chmod 600 ${file}, or put secrets into files of their own (${secret}File)`
}
