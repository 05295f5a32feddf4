import { Webhook } from 'standardwebhooks'
import type { Dispatcher } from 'undici'
import type { CloudEvent } from '../../platform/cloud-event.ts'
import { channelUrl } from './channel-url.ts'
import { checkHost, postJson } from './post-json.ts'

/**
 * Makes what posts CloudEvents in structured mode, signed as Standard Webhooks (https://www.standardwebhooks.com). `secret` is
 * base64, with or without `whsec_` before it. `webhook-id` is the event's id in every attempt. `webhook-timestamp` is the time
 * of the attempt, `time` in the body that of the event. `post` throws ChannelError.
 */
export function makeSignedPost(options: {
  name: string
  url: string
  secret: string
  dispatcher?: Dispatcher | undefined
}) {
  const { name, dispatcher } = options
  const url = channelUrl(name, options.url)
  const webhook = signer(name, options.secret)
  return {
    async post(event: CloudEvent): Promise<void> {
      const json = JSON.stringify(event)
      const now = new Date()
      const headers = {
        'content-type': 'application/cloudevents+json; charset=utf-8',
        'webhook-id': event.id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': webhook.sign(event.id, now, json),
      }
      await postJson({ channel: name, url, json, dispatcher, headers })
    },
    check: checkHost({ channel: name, url, dispatcher }),
  }
}

function signer(channel: string, secret: string): Webhook {
  try {
    return new Webhook(secret)
  } catch {
    throw new Error(`channel ${channel}: its secret is not base64, with or without whsec_ before it`)
  }
}
