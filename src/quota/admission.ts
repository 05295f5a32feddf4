import { projectId } from '../usage/project.ts'
import type { OverProjects } from './over-projects.ts'
import { pushedRepository } from './pushed-repository.ts'

/** Whether a request may go on to its registry. `unavailable`: nobody knows, and the site does not want to let it through. */
export type Admission = { is: 'admitted' } | { is: 'refused' | 'unavailable'; why: string }

/** A request that a proxy has received for a registry. */
export interface ProxiedRequest {
  registry: string
  method: string
  /** As the client sent it. */
  uri: string
}

/** Makes what says whether a request may go on. Only pushes to a project that is over its quota may not. */
export const makeAdmit =
  (deps: {
    overProjects: Pick<OverProjects, 'of'>
    projectOf: (registry: string, repository: string) => string
    failOpen: boolean
  }) =>
  ({ registry, method, uri }: ProxiedRequest): Admission => {
    const repository = pushedRepository(method, uri)
    if (repository === undefined) return { is: 'admitted' }
    const project = deps.projectOf(registry, repository)
    const state = deps.overProjects.of(projectId(registry, project))
    if (state === undefined)
      return deps.failOpen
        ? { is: 'admitted' }
        : { is: 'unavailable', why: 'it is not known whether the project is over its quota: try again' }
    if (!state.isOver) return { is: 'admitted' }
    const since = state.since === null ? '' : ` since ${state.since}`
    return {
      is: 'refused',
      why: `the project ${project} is over its quota${since}: delete images, or ask for a larger quota`,
    }
  }
export type Admit = ReturnType<typeof makeAdmit>
