import { minuteText } from '../platform/timestamp.ts'
import { HttpError } from './problem.ts'

/** Since when a collection of garbage makes a registry read-only, epoch ms; `undefined` if none does. */
export type HeldSince = (registry: string) => Promise<number | undefined>

/** @throws HttpError 409 if a registry is read-only while its garbage is collected */
export async function requireWritable(heldSince: HeldSince, registry: string): Promise<void> {
  const since = await heldSince(registry)
  if (since === undefined) return
  const time = minuteText(new Date(since).toISOString())
  throw new HttpError(
    409,
    `"${registry}" is read-only since ${time}, while its garbage is collected: ask again once that has ended (tallyman gc status ${registry})`,
  )
}
