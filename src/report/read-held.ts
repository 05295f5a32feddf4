import { createHash } from 'node:crypto'
import type { Cluster, Redis } from 'ioredis'
import { readPushEntries } from '../history/push-entries.ts'
import { inPieces } from '../platform/in-pieces.ts'
import { sendTogether } from '../platform/send-together.ts'
import { projectKeys } from '../usage/keys.ts'
import type { UsageIndex } from '../usage/usage-index.ts'
import { countByPusher } from './held-by-pusher.ts'

/** Reads what each pusher holds. */
export interface ReadHeld {
  /** For each project a text that changes once what its pushers hold may have changed. */
  versionsOf(projects: readonly string[]): Promise<string[]>
  /** Bytes by pusher. It reads all images of the project. */
  byPusher(project: string): Promise<Map<string, number>>
}

/** `additions` and `seq` change with images and contents, `tags` and `lastPush` with tags (`write-changes.lua`). */
const FIELDS = ['additions', 'seq', 'tags', 'lastPush']

/** Entries of months keep it for two years. */
const shortHash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 10)

export function makeReadHeld({
  redis,
  prefix,
  index,
}: {
  redis: Redis | Cluster
  prefix: string
  index: Pick<UsageIndex, 'repositories' | 'images' | 'pushersOf'>
}): ReadHeld {
  return {
    async versionsOf(projects) {
      const replies = await sendTogether(
        redis,
        projects.map((id) => ['HMGET', projectKeys(prefix, id).meta, ...FIELDS]),
      )
      return replies.map((values) => shortHash((Array.isArray(values) ? values : []).join('-')))
    },

    async byPusher(project) {
      const broughtBy = new Map<string, string>()
      for await (const { key, by } of readPushEntries({ redis, prefix }, project)) {
        const name = key.toString('hex')
        if (by !== '' && !broughtBy.has(name)) broughtBy.set(name, by)
      }
      const counting = countByPusher(broughtBy)
      for (const repository of await index.repositories(project)) {
        const images = await index.images(project, repository)
        await inPieces(counting.add(images, await index.pushersOf(project, repository)))
      }
      return counting.total()
    },
  }
}
