import { makeGroupMembers } from '../quota/group-members.ts'
import { makeMeasure } from '../quota/measure.ts'
import { taggedBytes } from '../usage/tagged-bytes.ts'
import type { Parts } from './parts.ts'

/** Makes what measures that which has a quota. */
export function measuring(
  { settings, prefix }: Pick<Parts, 'settings' | 'prefix'>,
  { redis, index, ledger }: Pick<Awaited<ReturnType<Parts['onRedis']>>, 'redis' | 'index' | 'ledger'>,
) {
  const members = makeGroupMembers({ redis, prefix })
  const { measure, measureAndNote } = makeMeasure({
    ...{ index, members, quotas: () => settings().quotas },
    taggedBytes: (project) => taggedBytes(index, project),
    storedBytes: async (registry) => (await ledger.status(registry)).lastReport?.stored?.bytes,
  })
  return { members, measure, measureAndNote }
}
