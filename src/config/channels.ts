import { Type } from 'typebox'
import { channelKeys } from './channel-keys.ts'
import { NonEmpty, Secret, string } from './fields.ts'
import { alertmanager, email, gitlabIssue, irc, matrix, pagerduty } from './more-channels.ts'
import { section } from './sections.ts'
import { MAKE_KEY, SigningKey } from './signing-key.ts'
import { SecretUrl } from './url-fields.ts'

/** A channel that only needs the URL of a webhook. */
const hook = <const T extends string>(type: T, description: string, url: string) =>
  section(description, { type: Type.Literal(type), url: SecretUrl(url), ...channelKeys })

export const channel = Type.Union(
  [
    hook('slack', 'A channel of Slack, by an incoming webhook.', 'The incoming webhook.'),
    section('A channel of Slack, by a bot: messages are edited in place.', {
      type: Type.Literal('slack-bot'),
      token: Secret(
        'The token of the bot, with the scope chat:write.',
        string('the token of a bot of Slack, which begins with xoxb-', (raw) =>
          /^xoxb-[\x21-\x7e]+$/.test(raw),
        ),
      ),
      channel: NonEmpty('The id of the channel, such as C012AB3CD, or its name. The bot must be in it.'),
      ...channelKeys,
    }),
    hook('mattermost', 'A channel of Mattermost.', 'The incoming webhook.'),
    hook('discord', 'A channel of Discord.', 'The webhook, without /slack at its end.'),
    hook('teams', 'A channel or chat of Microsoft Teams.', 'The URL of the workflow.'),
    hook('google-chat', 'A space of Google Chat.', 'The webhook, with its key and token.'),
    section('A receiver of CloudEvents, signed as Standard Webhooks.', {
      type: Type.Literal('webhook'),
      url: SecretUrl('The URL to which alerts are posted.'),
      secret: SigningKey('The key that signs the alerts.', { make: MAKE_KEY }),
      ...channelKeys,
    }),
    section('A channel of IRC.', { ...irc, ...channelKeys }),
    section('Mails.', { ...email, ...channelKeys }),
    section('A room of Matrix.', { ...matrix, ...channelKeys }),
    section('PagerDuty.', { ...pagerduty, ...channelKeys }),
    section('An Alertmanager, or a cluster of them.', { ...alertmanager, ...channelKeys }),
    section('Issues of GitLab.', { ...gitlabIssue, ...channelKeys }),
  ],
  { description: 'A channel for alerts.' },
)
