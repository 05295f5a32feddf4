import { Webhook } from 'standardwebhooks'
import type { Dispatcher } from 'undici'
import type { Alert, AlertSummary } from '../queue/alert.ts'
import type { Channel } from './channel.ts'
import { channelUrl } from './channel-url.ts'
import { postJson } from './post-json.ts'

/**
 * Sends Standard Webhooks (https://www.standardwebhooks.com). `secret` is base64, with or without `whsec_` before it.
 * `webhook-id` is the alert's id in every attempt. `webhook-timestamp` is the time of the attempt, `timestamp` in the
 * body the time of the alert.
 */
export function makeWebhookChannel(options: {
  name: string
  url: string
  secret: string
  dispatcher?: Dispatcher | undefined
}): Channel {
  const { name, dispatcher } = options
  const url = channelUrl(name, options.url)
  const webhook = signer(name, options.secret)
  async function post(type: string, data: Alert | AlertSummary): Promise<void> {
    const json = JSON.stringify({ type, timestamp: data.at, data })
    const now = new Date()
    const headers = {
      'webhook-id': data.id,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': webhook.sign(data.id, now, json),
    }
    await postJson({ channel: name, url, json, dispatcher, headers })
  }
  return {
    name,
    send: (alert) => post('event' in alert ? alert.event : `quota.${alert.to}`, alert),
    sendSummary: (summary) => post(`${summary.topic}.summary`, summary),
  }
}

function signer(channel: string, secret: string): Webhook {
  try {
    return new Webhook(secret)
  } catch {
    throw new Error(`channel ${channel}: its secret is not base64, with or without whsec_ before it`)
  }
}
