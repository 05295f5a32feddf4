import type { Dispatcher } from 'undici'
import type { Channel } from '../channel.ts'
import type { Severity } from '../message.ts'
import { channelUrl } from './channel-url.ts'
import { postJson } from './post-json.ts'

/** Slack's colours good, warning and danger. As numbers, because Discord does not know the names. */
const COLOUR: Record<Severity, string> = {
  ...{ info: '#2eb886', resolved: '#2eb886', warning: '#daa038', critical: '#a30200' },
}

/** A Slack incoming webhook. Mattermost takes the same JSON, and so does Discord at its webhook's URL with `/slack`. */
export function makeSlackChannel(options: {
  name: string
  url: string
  dispatcher?: Dispatcher | undefined
}): Channel {
  const { name, dispatcher } = options
  const url = channelUrl(name, options.url)
  // With mrkdwn, Slack would show a part of `team_a/app_b` in italics.
  const post = (text: string, more: object = {}) =>
    postJson({
      ...{ channel: name, url, dispatcher },
      json: JSON.stringify({ text: escapeMrkdwn(text), mrkdwn: false, ...more }),
    })
  return {
    name,
    async send({ text, type, at, severity }) {
      const kind = `${type} at ${at}`
      await post(text, { attachments: [{ color: COLOUR[severity], fallback: kind, text: kind }] })
    },
  }
}

/** Escapes Slack's three control characters. Without this, `<!channel>` in a text would notify everybody. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
