import type { Dispatcher } from 'undici'
import type { ChannelConfig } from '../config/schema.ts'
import type { Channel, ChannelMemory } from './channel.ts'
import { makeAlertmanagerChannel } from './channels/alertmanager.ts'
import { makeDiscordChannel } from './channels/discord.ts'
import { makeEmailChannel } from './channels/email.ts'
import { makeGitlabIssueChannel } from './channels/gitlab-issue.ts'
import { makeGoogleChatChannel } from './channels/google-chat.ts'
import { makeIrcChannel } from './channels/irc.ts'
import { makeMatrixChannel } from './channels/matrix.ts'
import { makeMattermostChannel } from './channels/mattermost.ts'
import { makePagerDutyChannel } from './channels/pagerduty.ts'
import { makeSlackBotChannel } from './channels/slack-bot.ts'
import { makeSlackChannel } from './channels/slack-webhook.ts'
import { makeTeamsChannel } from './channels/teams.ts'
import { makeWebhookChannel } from './channels/webhook.ts'

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
    case 'slack-bot':
      return makeSlackBotChannel({ ...config, ...means })
    case 'mattermost':
      return makeMattermostChannel({ ...config, ...means })
    case 'discord':
      return makeDiscordChannel({ ...config, ...means })
    case 'teams':
      return makeTeamsChannel({ ...config, ...means })
    case 'google-chat':
      return makeGoogleChatChannel({ ...config, ...means })
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
