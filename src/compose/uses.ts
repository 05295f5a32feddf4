import { makeFindImage } from '../expiry/in-use/find-image.ts'
import { makeFindRegistries } from '../expiry/in-use/find-registries.ts'
import { makeReportUses } from '../expiry/in-use/report-uses.ts'
import type { Parts } from './parts.ts'

/** Makes what takes reports of use. */
export function makeUses(
  { registries, projectOf }: Parts,
  { index, instances, ledger }: Awaited<ReturnType<Parts['onRedis']>>,
) {
  return makeReportUses({
    index,
    findRegistries: makeFindRegistries(registries),
    findImage: makeFindImage({ index, projectOf }),
    async knownUntil(registry) {
      const [lastEventAt, { exact }] = await Promise.all([
        instances.lastEventAt(registry),
        ledger.status(registry),
      ])
      return Math.max(lastEventAt, exact?.since ?? 0)
    },
    now: () => Date.now() * 1000,
  })
}
