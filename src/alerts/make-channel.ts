import type { Channel } from './channel.ts'
import { makeSlackChannel } from './slack-channel.ts'
import { makeWebhookChannel } from './webhook-channel.ts'

export type ChannelConfig =
  | { type: 'slack'; name: string; url: string }
  | { type: 'webhook'; name: string; url: string; secret: string }

/** The channel a configuration asks for. Throws, naming it, if its URL or secret cannot be one. */
export function makeChannel(config: ChannelConfig): Channel {
  switch (config.type) {
    case 'slack':
      return makeSlackChannel(config)
    case 'webhook':
      return makeWebhookChannel(config)
  }
}
