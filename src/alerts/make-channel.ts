import type { Dispatcher } from 'undici'
import type { Channel } from './channel.ts'
import { makeSlackChannel } from './channels/slack-webhook.ts'
import { makeWebhookChannel } from './channels/webhook.ts'

export type ChannelConfig =
  | { type: 'slack'; name: string; url: string }
  | { type: 'webhook'; name: string; url: string; secret: string }

/** Makes the channel that is configured; `dispatcher` sends its requests. Throws an error with its name if its URL or secret is not valid. */
export function makeChannel(config: ChannelConfig, dispatcher?: Dispatcher): Channel {
  switch (config.type) {
    case 'slack':
      return makeSlackChannel({ ...config, dispatcher })
    case 'webhook':
      return makeWebhookChannel({ ...config, dispatcher })
  }
}
