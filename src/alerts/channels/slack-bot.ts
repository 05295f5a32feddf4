import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Dispatcher } from 'undici'
import type { Channel, ChannelMemory } from '../channel.ts'
import { ChannelError } from '../channel-error.ts'
import type { Message } from '../message.ts'
import { LENGTH } from './abridge.ts'
import { makeHook } from './hook.ts'
import { isWorse, makePosted, type Posted } from './posted.ts'
import { escaped, slackContent } from './slack-content.ts'
import { SLACK_PACE_MS } from './slack-webhook.ts'

const API = 'https://slack.com/api'

/** Errors of Slack that can pass (https://docs.slack.dev/reference/methods/chat.postMessage). */
const PASSING = [
  ...['ratelimited', 'rate_limited', 'message_limit_exceeded', 'team_added_to_org'],
  ...['fatal_error', 'internal_error', 'request_timeout', 'service_unavailable'],
]

/** Errors of `chat.update` that say that a message cannot be edited any more. */
const GONE = ['message_not_found', 'cant_update_message', 'edit_window_closed', 'channel_not_found']

const Accepted = Type.Object({ ok: Type.Literal(true) })
const AcceptedMessage = Type.Object({ ok: Type.Literal(true), channel: Type.String(), ts: Type.String() })
const Refused = Type.Object({ ok: Type.Literal(false), error: Type.String({ pattern: '^[a-z_]{1,60}$' }) })

/** Slack did not do what it was asked. `code` is its word for why. */
class SlackError extends ChannelError {
  readonly code: string | undefined
  constructor(name: string, host: string, answer: unknown) {
    const code = Value.Check(Refused, answer) ? answer.error : undefined
    super(`channel ${name} at ${host} answered ${code ?? 'otherwise than Slack does'}`, {
      ...{ channel: name, status: 200, retry: code === undefined || PASSING.includes(code) },
    })
    this.code = code
  }
}

/**
 * A channel of Slack, with a bot's token. A message about a subject is edited in place when its state changes, until it is
 * resolved; what it said before goes into its thread. What is worse than before is shown in the channel as well, since Slack
 * notifies nobody of an edit.
 */
export function makeSlackBotChannel(options: {
  name: string
  /** `xoxb-…`, with the scope `chat:write` */
  token: string
  /** The id of the channel, or its name. */
  channel: string
  memory: ChannelMemory
  dispatcher?: Dispatcher | undefined
  /** The URL of Slack's Web API. */
  api?: string
}): Channel {
  const { name, token, channel, memory, api = API, ...rest } = options
  const hook = makeHook({ ...rest, name, url: api, paceMs: SLACK_PACE_MS })
  const posted = makePosted(memory)

  /** @throws ChannelError */
  async function call(
    method: 'chat.postMessage' | 'chat.update' | 'auth.test',
    body: object,
  ): Promise<unknown> {
    const url = new URL(`${hook.url.pathname.replace(/\/$/, '')}/${method}`, hook.url)
    const headers = { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${token}` }
    const answer = await hook.ask(body, { url, headers })
    if (Value.Check(Accepted, answer)) return answer
    throw new SlackError(name, hook.url.host, answer)
  }

  /** Posts a message and gives where it is: the id of the channel, the message's time stamp, and the channel as configured. */
  async function post(message: Message): Promise<string> {
    const answer = await call('chat.postMessage', { channel, ...slackContent(message), ...UNADORNED })
    if (Value.Check(AcceptedMessage, answer)) return `${answer.channel} ${answer.ts} ${channel}`
    throw new SlackError(name, hook.url.host, answer)
  }

  /** Edits the message at a place, and tells the change in its thread. Gives whether it could be edited. */
  async function edit(current: Posted, message: Message): Promise<boolean> {
    const [where = '', ts = '', asked] = current.place.split(' ')
    // Another channel is configured now. The people there have not seen the message.
    if (asked !== channel) return false
    try {
      await call('chat.update', { channel: where, ts, ...slackContent(message), parse: 'none' })
    } catch (error) {
      if (error instanceof SlackError && GONE.includes(error.code ?? '')) return false
      throw error
    }
    await call('chat.postMessage', {
      ...{ channel: where, thread_ts: ts, mrkdwn: false, ...UNADORNED },
      text: `${escaped(message.text, LENGTH.text)}\nBefore, at ${current.at}: ${escaped(current.text, LENGTH.text)}`,
      reply_broadcast: isWorse(current.severity, message.severity),
    })
    return true
  }

  return {
    name,
    async send(message) {
      const { again, current } = await posted.find(message)
      if (again) return
      const isEdited = current !== undefined && (await edit(current, message))
      await posted.remember(message, isEdited ? current.place : await post(message))
    },
    check: {
      tried: `auth.test at ${hook.url.host}`,
      async ask() {
        await call('auth.test', {})
        return 'Slack accepts the token'
      },
    },
  }
}

const UNADORNED = { unfurl_links: false, unfurl_media: false, parse: 'none' }
