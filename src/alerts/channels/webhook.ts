import { Webhook } from 'standardwebhooks'
import type { Dispatcher } from 'undici'
import { cloudEventOf } from '../../platform/cloud-event.ts'
import type { Channel } from '../channel.ts'
import { channelUrl } from './channel-url.ts'
import { postJson, reachHost } from './post-json.ts'

/**
 * Sends CloudEvents 1.0 in structured mode (https://cloudevents.io), signed as Standard Webhooks
 * (https://www.standardwebhooks.com). `secret` is base64, with or without `whsec_` before it. `webhook-id` is the message's id
 * in every attempt. `webhook-timestamp` is the time of the attempt, `time` in the body that of the message.
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
    async send(message) {
      const json = JSON.stringify(cloudEventOf(message))
      const now = new Date()
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': webhook.sign(message.id, now, json),
      }
      await postJson({ channel: name, url, json, dispatcher, headers })
    },
    check: async () => `the host answers (${await reachHost({ channel: name, url, dispatcher })})`,
  }
}

function signer(channel: string, secret: string): Webhook {
  try {
    return new Webhook(secret)
  } catch {
    throw new Error(`channel ${channel}: its secret is not base64, with or without whsec_ before it`)
  }
}
