import { table } from './table.ts'

/** What is read of an OpenAPI document. */
export interface OpenApi {
  paths: Record<string, Record<string, Operation>>
}
interface Operation {
  tags?: string[]
  summary?: string
  security?: unknown[]
  'x-needs'?: { verb: string; over: 'all' | 'some' | 'project' }
}

export const BEGIN = '<!-- Made from the OpenAPI document: npm run docs -->'
export const END = '<!-- The end of what is made -->'

/** A table of the routes of each tag, with what a token needs. */
export function routesText({ paths }: OpenApi): string {
  const routes = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
    })),
  )
  const tags = [...new Set(routes.map(({ operation }) => operation.tags?.[0] ?? ''))]
  return tags
    .flatMap((tag) => [
      ...[`### ${tag}`, ''],
      ...table(
        ['route', 'needs', ''],
        routes
          .filter(({ operation }) => operation.tags?.[0] === tag)
          .map(({ path, method, operation }) => [
            `\`${method} ${path}\``,
            needsText(operation),
            operation.summary ?? '',
          ]),
      ),
      '',
    ])
    .join('\n')
}

function needsText({ security, 'x-needs': needs }: Operation): string {
  if (needs === undefined) return security?.length === 0 ? 'nothing' : 'the token of a registry'
  return `\`${needs.verb}\`${needs.over === 'all' ? ', all projects' : ''}`
}

/** A document with the routes of `openApi` between its two marks. @throws if it lacks them */
export function withRoutes(document: string, openApi: OpenApi): string {
  const [before, rest] = document.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`expected the marks ${BEGIN} and ${END}`)
  return `${before}${BEGIN}\n${routesText(openApi)}${END}${after}`
}
