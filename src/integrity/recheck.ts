import pMap from 'p-map'
import type { CopyClient } from '../promotion/copy/copy-client.ts'
import { InvalidManifest, RegistryError } from '../registry/registry-error.ts'
import { imageOf } from './broken-images.ts'
import type { BrokenRecord, BrokenRecords } from './broken-records.ts'
import { inspectImage } from './inspect-image.ts'
import type { WatchBroken } from './watch-broken.ts'

const AT_ONCE = { concurrency: 4 }

/**
 * Makes what looks again at broken images after contents were put back. One content may break many images, and one copy mends
 * them all. What a scrub has found and was not put back counts as it was. An image that cannot be looked at stays as it is.
 */
export const makeRecheck =
  (deps: {
    clientOf: (registry: string) => CopyClient
    records: Pick<BrokenRecords, 'all' | 'remove'>
    watch: Pick<WatchBroken, 'tell' | 'write'>
    now: () => number
  }) =>
  async (registry: string, repaired: ReadonlySet<string>): Promise<void> => {
    async function look(record: BrokenRecord): Promise<void> {
      const { repository, digest, tags } = record
      const kept = record.damages.filter((one) => one.at !== undefined && !repaired.has(one.digest))
      const { damages } = await inspectImage({ client: deps.clientOf(registry), repository }, digest)
      const found = new Set(damages.map((one) => one.digest))
      const now = [...damages, ...kept.filter((one) => !found.has(one.digest))]
      if (now.length === 0) await deps.records.remove(registry, record)
      else
        await deps.watch.write(
          registry,
          { ...imageOf(repository, digest, tags, now), tagCount: record.tagCount },
          record.since,
        )
    }
    const touched = (await deps.records.all(registry)).filter(({ damages }) =>
      damages.some(({ digest }) => repaired.has(digest)),
    )
    await pMap(
      touched,
      (record) =>
        look(record).catch((error) => {
          if (!(error instanceof RegistryError || error instanceof InvalidManifest)) throw error
        }),
      AT_ONCE,
    )
    await deps.watch.tell(registry, new Date(deps.now()).toISOString())
  }
