import type { RegistryClient } from '../registry/client.ts'
import type { Trash, TrashPlace } from './trash.ts'

/**
 * Takes back the entry of an image or a tag that stays after all: it would tell people that it was deleted. If the registry does
 * not have it, another attempt of the run has deleted it, or a person, and the entry is the way back. Gives whether it did.
 */
export async function takeBack(
  client: Pick<RegistryClient, 'headManifest'>,
  trash: Pick<Trash, 'takeBack'>,
  place: TrashPlace,
): Promise<boolean> {
  const { repository, digest, tag = digest } = place
  const at = await client.headManifest(repository, tag).catch(() => undefined)
  if (at !== undefined) await trash.takeBack(place)
  return at !== undefined
}
