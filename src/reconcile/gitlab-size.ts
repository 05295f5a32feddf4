import { type Static, Type } from 'typebox'
import type { RegistryClient } from '../registry/client.ts'

/** Namespaces that are asked for in one run, and how long that may take, in µs. */
const LIMITS = { namespaces: 100, us: 60_000_000 }
const FAILURES_LISTED = 5

/** What GitLab's registry says of its size. */
export const GitLabSize = Type.Object({
  bytes: Type.Integer({
    description:
      'The sum over the root namespaces that answered: in each, every layer that a tagged manifest references, once.',
  }),
  namespaces: Type.Integer({ description: 'How many root namespaces answered.' }),
  withUntagged: Type.Boolean({
    description:
      'Whether layers of untagged manifests are counted in some of them, since the exact sum took GitLab too long.',
  }),
  failures: Type.Array(Type.String(), { description: 'Why others are not in the sum: the first 5 reasons.' }),
})
export type GitLabSize = Static<typeof GitLabSize>

/**
 * Asks GitLab's registry for its own size of each root namespace. `undefined` if it is not GitLab's, or has no metadata
 * database. A namespace whose size is not known is a failure in the result; nothing is thrown.
 */
export async function readGitLabSize(
  client: Pick<RegistryClient, 'hasGitLabApi' | 'namespaceSize'>,
  namespaces: ReadonlySet<string>,
  now: () => number,
): Promise<GitLabSize | undefined> {
  const size: GitLabSize = { bytes: 0, namespaces: 0, withUntagged: false, failures: [] }
  const fail = (reason: string) => {
    if (size.failures.length < FAILURES_LISTED) size.failures.push(reason)
  }
  if (namespaces.size === 0) return undefined
  try {
    if (!(await client.hasGitLabApi())) return undefined
  } catch (error) {
    fail(messageOf(error))
    return size
  }
  const until = now() + LIMITS.us
  const asked = [...namespaces].slice(0, LIMITS.namespaces)
  let left = namespaces.size - asked.length
  for (const namespace of asked) {
    if (now() > until) left++
    else
      try {
        const { bytes, withUntagged } = await client.namespaceSize(namespace)
        size.bytes += bytes
        size.namespaces++
        size.withUntagged ||= withUntagged
      } catch (error) {
        fail(messageOf(error))
      }
  }
  if (left > 0) fail(`${left} more namespaces were not asked for`)
  return size
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
