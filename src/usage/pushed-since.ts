import type { UsageIndex } from './usage-index.ts'

/** The repositories of projects of a registry to which something was pushed since `since` (epoch ms), as far as events have told. */
export async function pushedSince(
  index: Pick<UsageIndex, 'projects' | 'usage' | 'repositories'>,
  registry: string,
  since: number,
): Promise<string[]> {
  const repositories: string[] = []
  for (const project of await index.projects(registry)) {
    const usage = await index.usage(project)
    if (usage === undefined || usage.lastPushAt / 1_000 < since) continue
    repositories.push(...(await index.repositories(project)))
  }
  return repositories
}
