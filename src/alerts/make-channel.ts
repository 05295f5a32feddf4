import type { Channel } from './channel.ts'
import { makeSlackChannel } from './slack-channel.ts'
import { makeWebhookChannel } from './webhook-channel.ts'

export type ChannelConfig =
  | { type: 'slack'; name: string; url: string }
  | { type: 'webhook'; name: string; url: string; secret: string }

/** Makes the channel that is configured. Throws an error with its name if its URL or secret is not valid. */
export function makeChannel(config: ChannelConfig): Channel {
  switch (config.type) {
    case 'slack':
      return makeSlackChannel(config)
    case 'webhook':
      return makeWebhookChannel(config)
  }
}
