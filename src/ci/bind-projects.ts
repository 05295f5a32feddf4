import type { CiIssuer } from '../config/ci-section.ts'
import { makeGlob } from '../platform/glob.ts'
import { projectId } from '../usage/project.ts'
import type { CiClaims } from './principal.ts'
import { CiRefusal } from './refusal.ts'

/** What a project of an issuer is bound to. */
interface Bound {
  /** The ids that the project may have, as configured. Empty: that with which it was seen first. */
  ids: string[]
  /** The projects in Tallyman, `registry/path`. */
  projects: string[]
}

/** Makes the function from a job to what its project is bound to. @throws CiRefusal if no entry has its path */
export function makeBindProject({ name, projects }: Pick<CiIssuer, 'name' | 'projects'>) {
  const entries = projects.map((entry) => ({ ...entry, matches: makeGlob(entry.path) }))
  return ({ project, projectId: id }: Pick<CiClaims, 'project' | 'projectId'>): Bound => {
    const found = entries.filter(({ matches }) => matches(project))
    if (found.length === 0)
      throw new CiRefusal('project', `no path in the projects of issuer ${name} is that of ${project}`)
    const own = found.filter((entry) => entry.id === undefined || entry.id === id)
    return {
      ids: found.flatMap((entry) => entry.id ?? []),
      // Two entries may name one project, as a glob and a path with an id do.
      projects: [
        ...new Set(
          own.map((entry) => projectId(entry.registry, entry.project.replaceAll('{path}', project))),
        ),
      ],
    }
  }
}
