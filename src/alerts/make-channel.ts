import type { Dispatcher } from 'undici'
import type { Channel, ChannelMemory } from './channel.ts'
import { makeSlackChannel } from './channels/slack-webhook.ts'
import { makeWebhookChannel } from './channels/webhook.ts'

export type ChannelConfig =
  | { type: 'slack'; name: string; url: string }
  | { type: 'webhook'; name: string; url: string; secret: string }

/** What channels are made with. */
export interface ChannelMeans {
  /** Sends their requests. */
  dispatcher?: Dispatcher
  memory: ChannelMemory
}

/** Makes the channel that is configured. Throws an error with its name if its URL or secret is not valid. */
export function makeChannel(config: ChannelConfig, means: ChannelMeans): Channel {
  switch (config.type) {
    case 'slack':
      return makeSlackChannel({ ...config, ...means })
    case 'webhook':
      return makeWebhookChannel({ ...config, ...means })
  }
}
