import { type TProperties, Type } from 'typebox'
import { Choice, Flag, headerSecret, NonEmpty, Pattern, Secret, string } from './fields.ts'
import { Integer } from './quantity-fields.ts'
import { list } from './sections.ts'
import { Url } from './url-fields.ts'

/** The keys of the channels that are no webhooks of chats, beside those that every channel has. */

const inOneLine = string('a non-empty string without control characters', (raw) => /^\P{Cc}+$/u.test(raw))
const Port = (description: string) => Type.Optional(Integer(description, 1, 65_535))
const Address = (description: string) =>
  Pattern(description, 'an address such as team@example.com', /^[^\s@<>,;:"()]+@[^\s@<>,;:"()]+$/)
const login = <P extends TProperties>(description: string, properties: P) =>
  Type.Optional(Type.Object(properties, { description, additionalProperties: false }))

export const irc = {
  type: Type.Literal('irc'),
  host: Pattern('The server.', 'the name or the address of a server', /^[^\s/]+$/),
  port: Port('Its port. Default: 6697 with TLS, 6667 without.'),
  tls: Flag('Whether the connection is encrypted.', { default: true }),
  nick: Pattern(
    'What the bot is called. If somebody has the nick, it gets three characters more.',
    'a nick: letters, digits and []\\`_^{|}-, no digit or dash first',
    /^[A-Za-z[\]\\`_^{|}][\w[\]\\`^{|}-]{0,29}$/,
    { default: 'tallyman' },
  ),
  room: Pattern(
    'The channel of IRC.',
    'a channel of IRC, such as "#ops" (in quotes)',
    /^[#&+!][^\s,\p{Cc}]{1,49}$/u,
  ),
  key: Type.Optional(
    Secret(
      'The key of the channel.',
      string('a key without spaces and commas', (raw) => /^[^\s,\p{Cc}]+$/u.test(raw)),
    ),
  ),
  password: Type.Optional(Secret('The password of the server.', inOneLine)),
  login: login('An account, which it logs in to by SASL PLAIN.', {
    account: NonEmpty('Its name.'),
    password: Secret('Its password.', inOneLine),
  }),
}

export const email = {
  type: Type.Literal('email'),
  host: Pattern('The mail server (SMTP).', 'the name or the address of a server', /^[^\s/]+$/),
  port: Port('Its port. Default: 587 with STARTTLS, 465 with TLS, 25 without.'),
  security: Choice('How the connection is encrypted.', ['starttls', 'tls', 'none'], { default: 'starttls' }),
  login: login('The login at the server.', {
    username: NonEmpty('The user.'),
    password: Secret('The password of the user.'),
  }),
  from: Address('The address of the sender.'),
  to: list('Who gets the mails.', Address('An address.'), { minItems: 1 }),
}

export const matrix = {
  type: Type.Literal('matrix'),
  url: Url('The homeserver.'),
  accessToken: Secret("The access token of the bot's user.", headerSecret(1)),
  room: Pattern('The id of the room.', 'the id of a room, such as "!abc:example.org"', /^![\x21-\x7e]+$/),
}

export const pagerduty = {
  type: Type.Literal('pagerduty'),
  url: Type.Optional(Url('Where events are sent to. Default: https://events.pagerduty.com.')),
  routingKey: Secret(
    'The integration key of an integration of the type Events API V2.',
    string('an integration key: 32 letters and digits', (raw) => /^[A-Za-z0-9]{32}$/.test(raw)),
  ),
}

export const alertmanager = {
  type: Type.Literal('alertmanager'),
  urls: list('All Alertmanagers of a cluster.', Url('The URL of one.'), { minItems: 1 }),
  authorization: Type.Optional(
    Secret(
      'The header Authorization of each request.',
      string('Basic or Bearer, a space, and the credentials', (raw) =>
        /^(Basic|Bearer) [\x21-\x7e]+$/.test(raw),
      ),
    ),
  ),
}

export const gitlabIssue = {
  type: Type.Literal('gitlab-issue'),
  url: Url('The URL of GitLab.'),
  token: Secret('An access token with the scope api, of a user that may edit issues.', headerSecret(1)),
  project: Type.Optional(
    Pattern(
      'The project in which all issues are. Default: the project that the message is about.',
      'the path of a project, such as team-a/app',
      /^[\w.-]+(\/[\w.-]+)+$/,
    ),
  ),
  confidential: Flag('Whether only members of the project see the issues.', { default: false }),
}
