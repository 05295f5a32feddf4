import type { ReadRepository } from './read-repository.ts'

/**
 * Who pushed each tag of a repository last, by tag. Leaves out tags of which that is not known. May have tags that are there
 * no more, since their image was deleted.
 */
export async function pushersOf(
  read: Pick<ReadRepository, 'tags'>,
  project: string,
  repository: string,
): Promise<ReadonlyMap<string, string>> {
  const pushers = new Map<string, string>()
  for await (const { tag, actor } of read.tags(project, repository)) if (actor !== '') pushers.set(tag, actor)
  return pushers
}
