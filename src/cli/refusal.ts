import { CommandError } from './command-error.ts'
import { EXIT } from './exit-statuses.ts'
import { parseJson } from './parse-json.ts'
import type { Answer } from './send.ts'
import type { Access } from './service.ts'

/** The statuses that a command exits with. */
const EXITS: Record<number, number> = {
  ...{ 401: EXIT.notAllowed, 403: EXIT.notAllowed, 404: EXIT.notFound },
  ...{ 503: EXIT.unreachable, 504: EXIT.unreachable },
}

/** The error of a command whose request was refused. `versionNote` says so if the service is of another version. */
export async function refusalOf(
  { asked, status, location, text }: Answer,
  { tokenFrom }: Pick<Access, 'tokenFrom'>,
  versionNote: () => Promise<string[]>,
): Promise<CommandError> {
  const detail = detailOf(parseJson(await text()))
  const isOldService = status === 404 && detail?.startsWith('no route ')
  const isRedirect = status < 400 && location !== undefined
  const noDetail = isRedirect ? `it leads to ${location}` : 'without a reason'
  return new CommandError(
    `${asked}: ${status} ${detail ?? `${noDetail}: is it Tallyman that answers there, or a proxy?`}`,
    ...adviceOn(status, tokenFrom),
    ...(isOldService ? await versionNote() : []),
  ).as(detail === undefined && status === 502 ? EXIT.unreachable : (EXITS[status] ?? EXIT.failed))
}

/** What to do about an answer that refuses the token. */
function adviceOn(status: number, tokenFrom: string): string[] {
  if (status === 401) return [`The token comes from ${tokenFrom}, and the service has another.`]
  if (status === 403)
    return [`The token comes from ${tokenFrom}. Set TALLYMAN_TOKEN to one that the service asks for.`]
  return []
}

/** The detail of a problem document (RFC 9457). */
const detailOf = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null && 'detail' in value ? String(value.detail) : undefined
