import type { UsageIndex } from '../usage/usage-index.ts'
import type { ScrubImage } from './scrub-image.ts'

/**
 * The tagged images of a registry, for scrubs: projects by how often they were pulled, and in a repository those that were
 * pulled last first. With `repository`, only its images.
 */
export const makeScrubOrder = (deps: {
  index: Pick<UsageIndex, 'projects' | 'usage' | 'heldRepositories' | 'images'>
  projectIdOf: (place: { registry: string; repository: string }) => string
}) =>
  async function* images(registry: string, repository?: string): AsyncGenerator<ScrubImage> {
    const { index } = deps
    async function* imagesIn(project: string, name: string): AsyncGenerator<ScrubImage> {
      const all = await index.images(project, name)
      const tagged = all.filter(({ tags }) => tags.length > 0)
      for (const image of tagged.sort((a, b) => b.pulledAt - a.pulledAt))
        yield { repository: name, digest: image.digest, tags: image.tags.map((tag) => tag.name).sort() }
    }
    if (repository !== undefined) {
      yield* imagesIn(deps.projectIdOf({ registry, repository }), repository)
      return
    }
    const projects: { project: string; pulls: number }[] = []
    for (const project of await index.projects(registry))
      projects.push({ project, pulls: (await index.usage(project))?.pulls ?? 0 })
    for (const { project } of projects.sort((a, b) => b.pulls - a.pulls))
      for (const { name } of (await index.heldRepositories(project)).sort((a, b) =>
        a.name < b.name ? -1 : 1,
      ))
        yield* imagesIn(project, name)
  }
