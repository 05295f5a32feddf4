const PROJECTS = '/v1/projects/'

/** In GitLab's URLs too, this stands between a path and what is below it. No part of a repository's name is a dash. */
const BELOW = '/-/'

/**
 * The URL of a project with its id encoded, as routes expect it. Callers may write an id with plain slashes:
 * `/v1/projects/ci/team-a/app` for `/v1/projects/ci%2Fteam-a%2Fapp`. All that follows is the id then, since a repository may
 * be called `tags`; what is below a project stands after `/-/`, as in `/v1/projects/ci/team-a/app/-/tags`.
 */
export function encodePlainId(url: string): string {
  const [path = '', query = ''] = split(url, /[?#]/)
  if (!path.startsWith(PROJECTS)) return url
  const given = path.slice(PROJECTS.length)
  const first = given.replace(/\/.*/, '')
  if (!given.includes('/') || /%2f/i.test(first)) return url
  const at = given.indexOf(BELOW)
  const [id, below] = at === -1 ? [given, ''] : [given.slice(0, at), given.slice(at + BELOW.length - 1)]
  return PROJECTS + id.replaceAll('/', '%2F') + below + query
}

/** The text before the first match, and the text from there on. */
function split(text: string, at: RegExp): [string, string] {
  const index = text.search(at)
  return index === -1 ? [text, ''] : [text.slice(0, index), text.slice(index)]
}
