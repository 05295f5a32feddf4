import { projectSubject } from '../queue/quota-subject.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Flags } from './flags.ts'

/** Removes the flags of a registry's projects that the index does not know any more. */
export const makeForgetFlags =
  ({ index, flags }: { index: Pick<UsageIndex, 'usage'>; flags: Pick<Flags, 'all' | 'remove'> }) =>
  async (registry: string): Promise<void> => {
    for (const id of (await flags.all('project')).keys())
      if (id.startsWith(`${registry}/`) && (await index.usage(id)) === undefined)
        await flags.remove(projectSubject(id))
  }
