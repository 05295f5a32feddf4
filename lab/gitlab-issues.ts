import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export interface LabIssue {
  project: string
  iid: number
  title: string
  description: string
  state: 'opened' | 'closed'
  labels: string[]
  confidential: boolean
}

/**
 * The issues of a GitLab, as its REST API v4 documents them (docs.gitlab.com/api/issues): listing by label and search, creating
 * and editing. A real GitLab needs 4 GB of memory.
 */
export async function startGitlabIssues(token: string, projects: readonly string[]) {
  const issues: LabIssue[] = []
  const requests: string[] = []
  let failure: { status: number; headers: Record<string, string> } | undefined
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const send = (status: number, answer: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    const url = new URL(request.url ?? '', 'http://gitlab')
    requests.push(`${request.method} ${url.pathname}`)
    if (failure !== undefined)
      return response.writeHead(failure.status, failure.headers).end('{"message":"no"}')
    if (request.headers['private-token'] !== token) return send(401, { message: '401 Unauthorized' })
    if (url.pathname === '/s3cret/api/v4/user') return send(200, { id: 1, username: 'tallyman' })
    const [, path = '', iid] =
      /^\/s3cret\/api\/v4\/projects\/([^/]+)\/issues(?:\/(\d+))?$/.exec(url.pathname) ?? []
    const project = decodeURIComponent(path)
    if (!projects.includes(project)) return send(404, { message: '404 Project Not Found' })
    const fields = body === '' ? {} : JSON.parse(body)
    const wrong = wrongFields(fields)
    if (wrong.length > 0) return send(400, { message: wrong })
    const here = issues.filter((issue) => issue.project === project)
    if (request.method === 'GET') {
      const { labels = '', search = '' } = Object.fromEntries(url.searchParams)
      // It looks for the text anywhere, in upper or lower case.
      const holds = ({ description }: LabIssue) => description.toLowerCase().includes(search.toLowerCase())
      return send(
        200,
        here
          .filter((issue) => issue.labels.includes(labels) && holds(issue))
          .reverse()
          .slice(0, 20),
      )
    }
    if (request.method === 'POST' && iid === undefined) {
      if (typeof fields.title !== 'string' || fields.title === '')
        return send(400, { error: 'title is missing' })
      const issue = {
        project,
        iid: here.length + 1,
        state: 'opened' as const,
        description: '',
        confidential: false,
      }
      issues.push({ ...issue, ...fields, labels: (fields.labels ?? '').split(',') })
      return send(201, issues.at(-1))
    }
    const issue = here.find((one) => String(one.iid) === iid)
    if (request.method !== 'PUT' || issue === undefined) return send(404, { message: '404 Issue Not Found' })
    const { state_event: event, add_labels: label, ...rest } = fields
    Object.assign(issue, rest)
    if (event !== undefined) issue.state = event === 'close' ? 'closed' : 'opened'
    if (label !== undefined && !issue.labels.includes(label)) issue.labels.push(label)
    return send(200, issue)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/s3cret`,
    issues,
    requests,
    /** Answers everything with this status from now on. */
    fail(status: number | undefined, headers: Record<string, string> = {}) {
      failure = status === undefined ? undefined : { status, headers }
    },
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Fields that GitLab does not take, or that are too long. */
function wrongFields(fields: Record<string, unknown>): string[] {
  const known = ['title', 'description', 'labels', 'add_labels', 'confidential', 'state_event']
  return [
    ...Object.keys(fields).filter((name) => !known.includes(name)),
    ...(String(fields.title ?? '').length > 255 ? ['title is too long (maximum is 255 characters)'] : []),
    ...(String(fields.description ?? '').length > 1_048_576 ? ['description is too long'] : []),
    ...(/^(undefined|close|reopen)$/.test(String(fields.state_event)) ? [] : ['state_event']),
  ]
}
