import { minuteText } from '../platform/timestamp.ts'
import type { QuotaSubject } from '../queue/quota-subject.ts'
import { projectId } from '../usage/project.ts'
import type { Over, OverQuotas } from './over-quotas.ts'
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

/** Makes what says whether a request may go on. Only pushes to a project may not of which a quota is over. */
export const makeAdmit =
  (deps: {
    overQuotas: Pick<OverQuotas, 'firstOf'>
    projectOf: (registry: string, repository: string) => string
    /** What must not be over for a push to a project, by its id. */
    subjectsOf: (project: string) => readonly QuotaSubject[]
    failOpen: boolean
  }) =>
  ({ registry, method, uri }: ProxiedRequest): Admission => {
    const repository = pushedRepository(method, uri)
    if (repository === undefined) return { is: 'admitted' }
    const project = deps.projectOf(registry, repository)
    const known = deps.overQuotas.firstOf(deps.subjectsOf(projectId(registry, project)))
    if (known === undefined)
      return deps.failOpen
        ? { is: 'admitted' }
        : { is: 'unavailable', why: 'it is not known whether the project is over its quota: try again' }
    return known.over === undefined ? { is: 'admitted' } : { is: 'refused', why: whyNot(project, known.over) }
  }
export type Admit = ReturnType<typeof makeAdmit>

function whyNot(project: string, { kind, id, since }: Over): string {
  const names = {
    project: `the project ${project}`,
    group: `the group ${id}, in which the project ${project} counts,`,
    registry: `the registry ${id}`,
  }
  const time = since === null ? '' : ` since ${minuteText(since)}`
  return `${names[kind]} ${since === null ? 'is' : 'has been'} over its quota${time}: delete images, or ask for a larger quota`
}
