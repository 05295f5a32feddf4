import type { Dispatcher } from 'undici'
import type { Channel, ChannelMemory } from '../channel.ts'
import type { Message } from '../message.ts'
import { channelUrl } from './channel-url.ts'
import { line } from './plain.ts'
import { askJson } from './post-json.ts'
import { htmlText, plainText, type Shown, shownOf } from './shown.ts'

/** An event may have 65,536 bytes with all that the server adds (client-server API, Size limits); an edit has it within. */
const CONTENT_BYTES = 40_000

/**
 * A room of Matrix (client-server API v3). The first message about a subject is edited in place, and each later one also
 * stands in its thread, since nobody is notified of an edit. The transaction id is that of the message, so the server drops
 * a repeated attempt. When the subject is resolved, its next message begins anew.
 */
export function makeMatrixChannel(options: {
  name: string
  /** The homeserver. */
  url: string
  accessToken: string
  /** The id of the room, such as `!abc:example.org`. */
  room: string
  memory: ChannelMemory
  dispatcher?: Dispatcher | undefined
}): Channel {
  const { name, accessToken, room, memory, dispatcher } = options
  const home = options.url.replace(/\/$/, '')
  const path = `${home}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/`
  channelUrl(name, path)
  const whoami = channelUrl(name, `${home}/_matrix/client/v3/account/whoami`)

  const request = {
    ...{ channel: name, dispatcher, waitOf: waitOfLimit },
    headers: { authorization: `Bearer ${accessToken}` },
  }

  async function put(transaction: string, content: object): Promise<string | undefined> {
    const url = channelUrl(name, `${path}${transaction}`)
    const answer = await askJson({ ...request, method: 'PUT', url, json: JSON.stringify(content) })
    return isMapping(answer) && typeof answer.event_id === 'string' ? answer.event_id : undefined
  }

  return {
    name,
    async send(message) {
      const { id, subject, severity } = message
      const [inRoom, root] = (await memory.get(subject))?.split(' ') ?? []
      const content = contentOf(message)
      if (root === undefined || inRoom !== room) {
        const sent = await put(id, content)
        if (sent !== undefined && severity !== 'resolved') await memory.set(subject, `${room} ${sent}`)
        return
      }
      const thread = {
        rel_type: 'm.thread',
        event_id: root,
        is_falling_back: true,
        'm.in_reply_to': { event_id: root },
      }
      await put(id, { ...content, 'm.relates_to': thread })
      await put(`${id}-edit`, {
        ...{
          msgtype: content.msgtype,
          body: `* ${content.body}`,
          'm.mentions': {},
          'm.new_content': content,
        },
        'm.relates_to': { rel_type: 'm.replace', event_id: root },
      })
      if (severity === 'resolved') await memory.forget(subject)
    },
    check: {
      tried: `GET ${whoami}`,
      async ask() {
        const answer = await askJson({ ...request, method: 'GET', url: whoami })
        return `the homeserver takes the token of ${line(String(Object(answer).user_id), 100)}`
      },
    },
  }
}

/** The body is text and HTML. `m.mentions` is empty, so no name in it is a mention. */
function contentOf(message: Message) {
  const shown = shownOf(message)
  const whole = bodiesOf(shown)
  const bodies =
    Buffer.byteLength(JSON.stringify(whole)) * 1.5 <= CONTENT_BYTES
      ? whole
      : bodiesOf({ ...shown, facts: [], lists: [] })
  // A notice notifies nobody, by the default push rules.
  const isLoud = message.severity === 'warning' || message.severity === 'critical'
  return { msgtype: isLoud ? 'm.text' : 'm.notice', ...bodies, 'm.mentions': {} }
}

const bodiesOf = (shown: Shown) => ({
  body: plainText(shown),
  format: 'org.matrix.custom.html',
  formatted_body: htmlText(shown),
})

/** The wait that a server asks for in the body, as all did before version 1.10 of the API. */
const waitOfLimit = (answer: unknown): number | undefined =>
  isMapping(answer) && answer.errcode === 'M_LIMIT_EXCEEDED' && Number(answer.retry_after_ms) > 0
    ? Number(answer.retry_after_ms)
    : undefined

const isMapping = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null
