import { createHash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import type { Channel, ChannelMemory } from '../channel.ts'
import { ChannelError } from '../channel-error.ts'
import type { Message } from '../message.ts'
import { channelUrl } from './channel-url.ts'
import { issueOf } from './gitlab-issue-content.ts'
import { line } from './plain.ts'
import { askJson } from './post-json.ts'
import { wasThere } from './was-there.ts'

const LABEL = 'tallyman'

/**
 * Issues of GitLab (REST API v4): one for a subject, edited in place, closed when it is resolved and opened again when it is
 * not. It is found by the channel's memory, or else by its label and a mark in its description.
 */
export function makeGitlabIssueChannel(options: {
  name: string
  /** GitLab's URL. */
  url: string
  /** A token with the scope `api`. */
  token: string
  /** Where all issues are. Default: in the project that the message is about. */
  project?: string | undefined
  confidential: boolean
  memory: ChannelMemory
  dispatcher?: Dispatcher | undefined
}): Channel {
  const { name, token, confidential, memory, dispatcher } = options
  const api = `${options.url.replace(/\/$/, '')}/api/v4/`
  const { host } = channelUrl(name, api)

  const ask = (method: 'GET' | 'POST' | 'PUT', path: string, fields?: object): Promise<unknown> =>
    askJson({
      ...{
        channel: name,
        method,
        url: channelUrl(name, api + path),
        dispatcher,
        headers: { 'private-token': token },
      },
      ...(fields && { json: JSON.stringify(fields) }),
    })

  const failed = (reason: string, retry: boolean) =>
    new ChannelError(`channel ${name} at ${host}: ${reason}`, { channel: name, status: undefined, retry })

  function projectOf({ data }: Message): string {
    const project = options.project ?? ('project' in data ? data.project : undefined)
    if (project !== undefined) return project
    throw failed('the message is about no project: set `project` to have an issue of it', false)
  }

  /** The issue of an earlier message: its number in the project. */
  async function find(issues: string, project: string, subject: string): Promise<number | undefined> {
    const [kept, iid] = (await memory.get(subject))?.split(' ') ?? []
    if (kept === project && iid !== undefined) return Number(iid)
    const mark = markOf(subject)
    const query = new URLSearchParams({
      labels: LABEL,
      search: mark,
      in: 'description',
      scope: 'all',
      state: 'all',
    })
    const found = await ask('GET', `${issues}?${query}`)
    if (!Array.isArray(found)) throw failed('the answer to a search is no list', true)
    // The search is one for words.
    return issuesIn(found).find(({ description }) => description.includes(mark))?.iid
  }

  return {
    name,
    tellsEach: true,
    async send(message) {
      const { subject, severity } = message
      const project = projectOf(message)
      const issues = `projects/${encodeURIComponent(project)}/issues`
      const fields = { ...issueOf(message, markOf(subject)), confidential }
      const isOver = severity === 'resolved'
      const iid = await find(issues, project, subject)
      const change = { ...fields, add_labels: LABEL, state_event: isOver ? 'close' : 'reopen' }
      if (iid !== undefined && (await wasThere(ask('PUT', `${issues}/${iid}`, change))))
        return memory.set(subject, `${project} ${iid}`)
      await memory.forget(subject)
      if (isOver) return
      const [created] = issuesIn([await ask('POST', issues, { ...fields, labels: LABEL })])
      if (created !== undefined) await memory.set(subject, `${project} ${created.iid}`)
    },
    check: {
      tried: `GET ${api}user`,
      ask: async () =>
        `GitLab takes the token of ${line(String(Object(await ask('GET', 'user')).username), 100)}`,
    },
  }
}

/** What no text has by chance, and GitLab's search takes for one word. */
const markOf = (subject: string): string =>
  `tallyman${createHash('sha256').update(subject).digest('hex').slice(0, 24)}`

function issuesIn(answer: unknown): { iid: number; description: string }[] {
  const all: unknown[] = Array.isArray(answer) ? answer : []
  return all.flatMap((one) => {
    const { iid, description } = Object(one)
    return Number.isSafeInteger(iid) ? [{ iid, description: String(description) }] : []
  })
}
