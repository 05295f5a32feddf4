import { PolicyError } from './dialect.ts'
import { makeDoublestar } from './doublestar.ts'
import { onlyFields, textAt } from './harbor-fields.ts'

const DECORATIONS = ['matches', 'excludes', 'repoMatches', 'repoExcludes', 'nsMatches', 'nsExcludes'] as const
type Decoration = (typeof DECORATIONS)[number]

/** A selector of a rule (src/lib/selector/selectors/doublestar/selector.go). */
export interface Selector {
  /** Its path in the document. */
  field: string
  decoration: Decoration
  pattern: string
  extras: string
  matches(name: string): boolean
  /** What `untagged` is, or its default: true with `matches`, false with `excludes`. */
  untagged: boolean
}

/** What a selector looks at: an artifact, or a repository, which is as an artifact without tags. */
export interface Selectable {
  tags: readonly string[]
  /** Without the project. */
  repository: string
  project: string
}

export function selects({ decoration, matches, untagged }: Selector, item: Selectable): boolean {
  const { tags, repository, project } = item
  switch (decoration) {
    case 'matches':
      return tags.length === 0 ? untagged : tags.some(matches)
    case 'excludes':
      // An artifact is selected if any of its tags does not match. Untagged ones are excluded with `untagged: true`.
      return tags.length === 0 ? !untagged : tags.some((tag) => !matches(tag))
    case 'repoMatches':
      return repository !== '' && matches(repository)
    case 'repoExcludes':
      return repository !== '' && !matches(repository)
    case 'nsMatches':
      return project !== '' && matches(project)
    case 'nsExcludes':
      return project !== '' && !matches(project)
  }
}

/** @throws PolicyError */
export function readSelector(value: unknown, field: string): Selector {
  const fields = onlyFields(value, field, ['kind', 'decoration', 'pattern', 'extras'])
  if (fields.get('kind') !== 'doublestar')
    throw new PolicyError(`${field}.kind`, 'Harbor knows only "doublestar"')
  const decoration = DECORATIONS.find((known) => known === fields.get('decoration'))
  if (decoration === undefined)
    throw new PolicyError(`${field}.decoration`, `expected one of ${DECORATIONS.join(', ')}`)
  const pattern = textAt(fields, 'pattern', field)
  if (pattern.trim() === '') throw new PolicyError(`${field}.pattern`, 'expected a pattern')
  const extras = textAt(fields, 'extras', field)
  return {
    ...{ field, decoration, pattern, extras },
    matches: compile(pattern, `${field}.pattern`),
    untagged: untaggedIn(extras) ?? decoration !== 'excludes',
  }
}

/** Harbor saves a malformed pattern, but none of its runs gets past it ("syntax error in pattern"). */
function compile(pattern: string, field: string): (name: string) => boolean {
  try {
    return makeDoublestar(pattern)
  } catch (error) {
    throw new PolicyError(field, `Harbor cannot run with this pattern: ${(error as Error).message}`)
  }
}

/**
 * Reads `{"untagged": true}` as Go does: an object without it says false. `undefined` if Go could not read it, for then
 * the default holds.
 */
function untaggedIn(extras: string): boolean | undefined {
  let value: unknown
  try {
    value = JSON.parse(extras)
  } catch {
    return undefined
  }
  if (value === null) return false
  if (typeof value !== 'object' || Array.isArray(value)) return undefined
  const found = Object.entries(value).findLast(([key]) => key.toLowerCase() === 'untagged')?.[1] ?? false
  return typeof found === 'boolean' ? found : undefined
}
