import { printable } from '../../platform/printable.ts'
import type { Scene } from './dialect.ts'
import type { HarborRule } from './harbor-policy.ts'
import { DEFAULT_NUMBER } from './harbor-templates.ts'

/** Go counts nanoseconds in 64 bits. With more days the sum wraps around. */
const GO_DAYS = 106_751

/** Where enabled rules do something else than their author may think. */
export const warningsAbout = (rules: readonly HarborRule[]): string[] => rules.flatMap(aboutRule)

function aboutRule({ field, templateName, number, isDefault, tagSelectors, scopeSelectors }: HarborRule) {
  const warnings: string[] = []
  const parameter = `${field}.params.${templateName}`
  if (isDefault) warnings.push(`${parameter} is not a number from 0 on: Harbor takes ${DEFAULT_NUMBER}`)
  if (templateName.includes('Days') && number > GO_DAYS)
    warnings.push(`${parameter} is over ${GO_DAYS} days: Harbor itself miscounts, and may retain nothing`)
  if (templateName === 'nDaysSinceLastPull')
    warnings.push(`${field} does not retain an image that was never pulled, however new it is`)
  for (const { field: at, decoration, untagged } of scopeSelectors)
    if (decoration === 'matches' || decoration === 'excludes')
      warnings.push(
        `${at} looks at tags, which repositories have not: it selects ${(decoration === 'matches') === untagged ? 'every' : 'no'} repository; for repositories write repoMatches or repoExcludes`,
      )
  for (const { field: at, decoration, untagged } of tagSelectors)
    if (decoration === 'excludes' && untagged)
      warnings.push(
        `${at}: with "excludes", "untagged": true leaves untagged images out, so the rule does not retain them`,
      )
  for (const { field: at, pattern } of [...tagSelectors, ...scopeSelectors])
    if (/\{[^}]*\//.test(pattern))
      warnings.push(
        `${at}.pattern has a slash in braces: Harbor may match less, and before 2.9.5 it did not run`,
      )
  return warnings
}

/** Selectors see the name of a repository without its project, so they need to know the project. */
export function warningsAboutProject(rules: readonly HarborRule[], { images, project }: Scene): string[] {
  const isSeen = rules.some(({ scopeSelectors }) => scopeSelectors.some(({ pattern }) => pattern !== '**'))
  const nested =
    isSeen && project === '' ? images.find(({ repository }) => repository.includes('/')) : undefined
  if (nested === undefined) return []
  return [
    `no project is given: selectors see the whole name of a repository: ${printable(nested.repository)}`,
  ]
}

/** Harbor empties a repository if a rule reaches it and selects nothing there. */
export const warningsAboutEmptied = (emptied: readonly string[]): string[] =>
  emptied.length === 0
    ? []
    : [
        `rules reach ${emptied.length} ${emptied.length === 1 ? 'repository' : 'repositories'} and retain nothing there, such as ${printable(emptied.toSorted()[0] ?? '')}`,
      ]
