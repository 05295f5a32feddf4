import { HttpError } from './problem.ts'

/** There is no such project, or the token does not see it: the answer is the same. An id with plain slashes swallows what should be below the project. */
export const unknownProject = (id: string): HttpError => {
  const [, project, below] =
    /^(.+\/.+)\/(tags|images|reclaimable|history|forecast|growth|quota)$/.exec(id) ?? []
  const hint =
    below === undefined ? 'an id is registry/path' : `for its ${below}, ask for ${project}/-/${below}`
  return new HttpError(404, `there is no project "${id}": ${hint}`)
}
