import type { Flag } from '../queue/alert.ts'
import type { Channel } from './channel.ts'
import { channelUrl } from './channel-url.ts'
import { postJson } from './post-json.ts'

/** Slack's good, warning and danger, as numbers: Discord knows no names. */
const COLOUR: Record<Flag, string> = { ok: '#2eb886', warning: '#daa038', over: '#a30200' }

/** A Slack incoming webhook, or what speaks its JSON: Mattermost, and Discord at its webhook's URL with `/slack`. */
export function makeSlackChannel(options: { name: string; url: string }): Channel {
  const { name } = options
  const url = channelUrl(name, options.url)
  return {
    name,
    async send(alert) {
      const change = `${alert.from} → ${alert.to} at ${alert.at}`
      const json = JSON.stringify({
        text: escapeMrkdwn(alert.text),
        // `team_a/app_b` is no italics.
        mrkdwn: false,
        attachments: [{ color: COLOUR[alert.to], fallback: change, text: change }],
      })
      await postJson({ channel: name, url, json })
    },
  }
}

/** The three characters that are Slack's own: unescaped, `<!channel>` would call everybody. */
export function escapeMrkdwn(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
