import type { Dispatcher } from 'undici'
import type { Alert, Flag } from '../queue/alert.ts'
import type { Channel } from './channel.ts'
import { channelUrl } from './channel-url.ts'
import { postJson } from './post-json.ts'

/** Slack's colours good, warning and danger. As numbers, because Discord does not know the names. */
const COLOUR: Record<Flag, string> = { ok: '#2eb886', warning: '#daa038', over: '#a30200' }

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
    async send(alert) {
      const isFlag = 'to' in alert
      const change = `${isFlag ? `${alert.from} → ${alert.to}` : alert.event} at ${alert.at}`
      const color = COLOUR[urgencyOf(alert)]
      await post(alert.text, { attachments: [{ color, fallback: change, text: change }] })
    },
    sendSummary: ({ text }) => post(text),
  }
}

/** The flag whose colour an alert has. */
function urgencyOf(alert: Alert): Flag {
  if ('to' in alert) return alert.to
  if (!('project' in alert)) return 'over'
  if (alert.event === 'promotion.failed') return 'over'
  return alert.event === 'expiry.done' ? 'ok' : 'warning'
}

/** Escapes Slack's three control characters. Without this, `<!channel>` in a text would notify everybody. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
