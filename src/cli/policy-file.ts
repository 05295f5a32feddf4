import { dirname, resolve } from 'node:path'
import { readDocument } from './read-document.ts'

/** Bytes of a policy. */
export const POLICY_LIMIT = 1024 * 1024

/**
 * Reads a policy as it stands in the configuration. The content of a `documentFile`, whose path is relative to the policy's
 * folder, becomes its `document`. @throws CommandError if a file cannot be read
 */
export async function readPolicyFile(file: string): Promise<unknown> {
  const policy = await readDocument(file, POLICY_LIMIT)
  if (typeof policy !== 'object' || policy === null || !('documentFile' in policy) || 'document' in policy)
    return policy
  const { documentFile, ...rest } = policy
  if (typeof documentFile !== 'string') return policy
  return { ...rest, document: await readDocument(resolve(dirname(file), documentFile), POLICY_LIMIT) }
}
