import { RE2JS } from 're2js'

/** How a registry's repositories are grouped: by their first segments, or by the group `project` of an RE2 pattern. */
export type ProjectRule = { segments: number } | { pattern: string }

/**
 * Makes the function from a repository to the path of its project. A repository is a project of its own if it has fewer
 * segments than the rule asks for, or if the pattern does not match. @throws if the pattern is not RE2 syntax
 */
export function makeProjectOf(rule: ProjectRule): (repository: string) => string {
  if ('segments' in rule) return (repository) => repository.split('/').slice(0, rule.segments).join('/')
  const pattern = RE2JS.compile(rule.pattern)
  return (repository) => {
    const matcher = pattern.matcher(repository)
    return (matcher.find() && matcher.group('project')) || repository
  }
}

/** The id of a project: `registry/path`. Registry names hold no slash. */
export const projectId = (registry: string, path: string): string => `${registry}/${path}`

/** The reverse of `projectId`. */
export function splitProjectId(id: string): { registry: string; path: string } {
  const slash = id.indexOf('/')
  return { registry: id.slice(0, slash), path: id.slice(slash + 1) }
}

/** Whether a project can have this path: it is made of the characters of repositories (src/registry/name.ts). */
export const isProjectPath = (path: string): boolean => /^[a-z0-9._/-]{1,255}$/.test(path)
