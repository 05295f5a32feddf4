import { projectSubject } from '../queue/quota-subject.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import type { Flags } from './flags.ts'

/**
 * Removes the flags of a registry's projects that the index does not know any more. One that is not ok, or whose change is not
 * told yet, is looked at first: it becomes ok, which people are told, and is removed the next time.
 */
export const makeForgetFlags =
  ({
    index,
    flags,
    look,
  }: {
    index: Pick<UsageIndex, 'usage'>
    flags: Pick<Flags, 'all' | 'entry' | 'replace'>
    /** Queues a look at the flag of a project. */
    look: (project: string) => Promise<unknown>
  }) =>
  async (registry: string): Promise<void> => {
    for (const id of (await flags.all('project')).keys()) {
      if (!id.startsWith(`${registry}/`) || (await index.usage(id)) !== undefined) continue
      const subject = projectSubject(id)
      const entry = await flags.entry(subject)
      if (entry.state.flag === 'ok' && entry.untold === undefined)
        await flags.replace(subject, entry, undefined)
      else await look(id)
    }
  }
