import type { Dispatcher } from 'undici'
import type { Channel, ChannelMemory } from './channel.ts'
import { makeAlertmanagerChannel } from './channels/alertmanager.ts'
import { makeEmailChannel } from './channels/email.ts'
import { makeGitlabIssueChannel } from './channels/gitlab-issue.ts'
import { makeIrcChannel } from './channels/irc.ts'
import { makeMatrixChannel } from './channels/matrix.ts'
import { makePagerDutyChannel } from './channels/pagerduty.ts'
import { makeSlackChannel } from './channels/slack-webhook.ts'
import { makeWebhookChannel } from './channels/webhook.ts'

export type ChannelConfig =
  | { type: 'slack'; name: string; url: string }
  | { type: 'webhook'; name: string; url: string; secret: string }
  | ({ type: 'irc' } & ConfigOf<typeof makeIrcChannel>)
  | ({ type: 'email' } & ConfigOf<typeof makeEmailChannel>)
  | ({ type: 'matrix' } & ConfigOf<typeof makeMatrixChannel>)
  | ({ type: 'pagerduty' } & ConfigOf<typeof makePagerDutyChannel>)
  | ({ type: 'alertmanager' } & ConfigOf<typeof makeAlertmanagerChannel>)
  | ({ type: 'gitlab-issue' } & ConfigOf<typeof makeGitlabIssueChannel>)

type ConfigOf<Make extends (options: never) => Channel> = Omit<Parameters<Make>[0], keyof ChannelMeans>

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
    case 'irc':
      return makeIrcChannel(config)
    case 'email':
      return makeEmailChannel(config)
    case 'matrix':
      return makeMatrixChannel({ ...config, ...means })
    case 'pagerduty':
      return makePagerDutyChannel({ ...config, ...means })
    case 'alertmanager':
      return makeAlertmanagerChannel({ ...config, ...means })
    case 'gitlab-issue':
      return makeGitlabIssueChannel({ ...config, ...means })
  }
}
