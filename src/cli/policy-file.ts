import { dirname, resolve } from 'node:path'
import { CommandError } from './command-error.ts'
import { readDocument } from './read-document.ts'

/** Bytes of a policy. */
export const POLICY_LIMIT = 1024 * 1024

/**
 * Reads policies as they stand in the configuration: one, or a list of them. The content of a `documentFile`, whose path is
 * relative to the file's folder, becomes its `document`. @throws CommandError if a file cannot be read, or lists none
 */
export async function readPolicies(file: string): Promise<unknown[]> {
  const read = await readDocument(file, POLICY_LIMIT)
  const policies: unknown[] = Array.isArray(read) ? read : [read]
  if (policies.length === 0) throw new CommandError(`${file}: expected a policy, got an empty list`)
  return Promise.all(policies.map((policy) => withDocument(policy, file)))
}

/** Reads the one policy of a file. @throws CommandError also if it lists several */
export async function readPolicyFile(file: string): Promise<unknown> {
  const [policy, ...others] = await readPolicies(file)
  if (others.length > 0)
    throw new CommandError(`${file}: expected one policy, got a list of ${others.length + 1}`)
  return policy
}

async function withDocument(policy: unknown, file: string): Promise<unknown> {
  if (typeof policy !== 'object' || policy === null || !('documentFile' in policy) || 'document' in policy)
    return policy
  const { documentFile, ...rest } = policy
  if (typeof documentFile !== 'string') return policy
  return { ...rest, document: await readDocument(resolve(dirname(file), documentFile), POLICY_LIMIT) }
}
