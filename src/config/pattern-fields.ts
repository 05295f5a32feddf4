import type { RE2JS } from 're2js'
import type { TSchemaOptions } from 'typebox'
import { compilePattern } from '../platform/compile-pattern.ts'
import { isRepositoryName, isTag } from '../registry/name.ts'
import { field, messageOf, nonEmpty, PartError, string, text } from './fields.ts'
import { written } from './written.ts'

/** The name of a repository or a tag that may contain variables in braces. `checkPromotion` says which. */
export function Template(description: string, of: 'repository' | 'tag', options: TSchemaOptions) {
  const isName = of === 'tag' ? isTag : isRepositoryName
  const expected = `the name of a ${of}, perhaps with variables such as {repository}, {tag}, {project} and {name}`
  return field(
    description,
    string(expected, (raw) => isName(raw.replaceAll(/\{\w+\}/g, 'a'))),
    { written: written.nonEmpty, ...options },
  )
}

/** An RE2 pattern with the named group `project`. */
export function ProjectPattern(description: string) {
  const parse = (raw: unknown) => {
    const pattern = text(raw)
    if (Object.hasOwn(validPattern(pattern).namedGroups(), 'project')) return pattern
    throw new RangeError('expected a pattern with the named group (?P<project>…)')
  }
  const group = /\(\?P?<project>/
  return field(description, parse, {
    written: written.matching(group, 'a pattern with the named group (?P<project>…)', {
      examples: ['^(?P<project>[^/]+/[^/]+)/'],
    }),
  })
}

/**
 * The pattern of `{ pattern: … }`, an RE2 pattern. `instead` says what may stand in its place.
 * @throws PartError if the pattern is wrong, RangeError if it is another mapping
 */
export function patternIn(raw: Record<string, unknown>, instead: string): string {
  const [key, ...others] = Object.keys(raw)
  if (key !== 'pattern' || others.length > 0) throw new RangeError(`expected ${instead}, or { pattern: … }`)
  try {
    const pattern = nonEmpty(raw.pattern)
    validPattern(pattern)
    return pattern
  } catch (error) {
    throw new PartError('pattern', raw.pattern, messageOf(error))
  }
}

function validPattern(pattern: string): RE2JS {
  try {
    return compilePattern(pattern)
  } catch (error) {
    if (error instanceof RangeError) throw error
    throw new RangeError(`expected a valid RE2 pattern (${messageOf(error)})`)
  }
}
