import { printable } from '../../platform/printable.ts'
import { InvalidManifest, mayPass, RegistryError } from '../../registry/registry-error.ts'

/**
 * What `read` gives, or why there is nothing: it is not there, is too large, or is damaged.
 * @throws RegistryError if the registry may give another answer in a moment
 */
export async function readContent<T>(
  read: () => Promise<T | undefined>,
): Promise<{ content: T } | { problem: string }> {
  try {
    const content = await read()
    return content === undefined ? { problem: 'the registry does not have it' } : { content }
  } catch (error) {
    if (error instanceof InvalidManifest) return { problem: printable(error.message) }
    if (error instanceof RegistryError && !mayPass(error)) return { problem: printable(error.answer) }
    throw error
  }
}
