import { Webhook } from 'standardwebhooks'
import type { Dispatcher } from 'undici'
import type { Channel } from '../channel.ts'
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
  return {
    name,
    async send({ id, type, at, data }) {
      const json = JSON.stringify({ type, timestamp: at, data })
      const now = new Date()
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': webhook.sign(id, now, json),
      }
      await postJson({ channel: name, url, json, dispatcher, headers })
    },
  }
}

function signer(channel: string, secret: string): Webhook {
  try {
    return new Webhook(secret)
  } catch {
    throw new Error(`channel ${channel}: its secret is not base64, with or without whsec_ before it`)
  }
}
