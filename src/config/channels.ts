import { Type } from 'typebox'
import { Glob, Name, Secret, SecretUrl, string } from './fields.ts'
import { alertmanager, email, gitlabIssue, irc, matrix, pagerduty } from './more-channels.ts'
import { list, section } from './sections.ts'

const MAKE_KEY = 'echo "whsec_$(openssl rand -base64 32)"'
export const signingKey = string(`whsec_ followed by base64. To make one: ${MAKE_KEY}`, (raw) =>
  /^whsec_[A-Za-z0-9+/]+={0,2}$/.test(raw),
)

const channelKeys = {
  name: Name('The name in logs and metrics.'),
  projects: list('Globs for projects, `registry/path`, whose alerts go here.', Glob('A glob.', 'project'), {
    default: ['**'],
    minItems: 1,
  }),
}

export const channel = Type.Union(
  [
    section('A chat that takes messages in the format of Slack.', {
      type: Type.Literal('slack'),
      url: SecretUrl('The incoming webhook of the chat.'),
      ...channelKeys,
    }),
    section('A receiver of Standard Webhooks.', {
      type: Type.Literal('webhook'),
      url: SecretUrl('The URL to which alerts are posted.'),
      secret: Secret('The key that signs the alerts.', signingKey, { make: MAKE_KEY }),
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
