import { expect, it } from 'vitest'
import { makeChannel } from '../../src/alerts/make-channel.ts'
import { keepInMemory } from '../alerts/keep-in-memory.ts'
import { loadYaml, minimal, problemsOf } from './write-config.ts'

const KEY = 'a1b2c3d4'.repeat(4)
const EACH = {
  irc: 'host: irc.example.com, room: "#ops"',
  email: 'host: mail.example.com, from: tallyman@example.com, to: [team@example.com]',
  matrix: 'url: "https://matrix.example.com", accessToken: t, room: "!abc:example.com"',
  pagerduty: `routingKey: ${KEY}`,
  alertmanager: 'urls: ["https://a.example.com", "https://b.example.com/am/"]',
  'gitlab-issue': 'url: "https://gitlab.example.com", token: t',
}
const yamlOf = (type: string, keys: string) =>
  `${minimal}alerts: { channels: [{ name: ops, type: ${type}, ${keys} }] }\n`

it.each([
  ['irc', { tls: true, nick: 'tallyman' }],
  ['email', { security: 'starttls' }],
  ['matrix', {}],
  ['pagerduty', {}],
  ['alertmanager', { urls: ['https://a.example.com', 'https://b.example.com/am'] }],
  ['gitlab-issue', { confidential: false }],
] as const)('a channel of the type %s needs few keys, and can be made', async (type, defaults) => {
  const config = await loadYaml(yamlOf(type, EACH[type]))
  const [channel] = config.alerts.channels
  expect(channel).toMatchObject({ name: 'ops', type, projects: ['**'], ...defaults })
  if (channel !== undefined) expect(makeChannel(channel, { memory: keepInMemory() }).name).toBe('ops')
})

it('the secrets of channels can be in files, also those of a login', async () => {
  const keys = `${EACH.irc}, keyFile: key, passwordFile: password, login: { account: bot, passwordFile: login }`
  const config = await loadYaml(yamlOf('irc', keys), {}, { key: 'k\n', password: 'p\n', login: 'l\n' })
  expect(config.alerts.channels[0]).toMatchObject({
    key: 'k',
    password: 'p',
    login: { account: 'bot', password: 'l' },
  })
})

it.each([
  ['irc', 'host: x, room: ops', 'room: expected a channel of IRC'],
  ['irc', 'host: x, room: "#a b"', 'room: expected a channel of IRC'],
  ['irc', 'host: x, room: "#a\\r\\nQUIT"', 'room: expected a channel of IRC'],
  ['irc', `${EACH.irc}, nick: 1a`, 'nick: expected a nick'],
  ['irc', `${EACH.irc}, nick: "a b"`, 'nick: expected a nick'],
  ['irc', `${EACH.irc}, key: "a,b"`, 'key: expected a key without spaces and commas'],
  [
    'irc',
    `${EACH.irc}, password: "a\\nQUIT"`,
    'password: expected a non-empty string without control characters',
  ],
  ['irc', `${EACH.irc}, login: { account: a }`, 'login.password: missing'],
  ['irc', `${EACH.irc}, port: 70000`, 'port: expected an integer from 1 to 65535'],
  ['irc', 'host: "irc://x", room: "#a"', 'host: expected the name or the address of a server'],
  ['email', 'host: x, from: "a@b\\r\\nBcc: c@d", to: [a@b]', 'from: expected an address'],
  ['email', 'host: x, from: a@b, to: []', 'to: expected at least one entry'],
  ['email', 'host: x, from: a@b, to: ["A <a@b>"]', 'to.0: expected an address'],
  ['email', `${EACH.email}, security: ssl`, 'security: expected one of starttls, tls, none'],
  ['matrix', 'url: "https://x", accessToken: t, room: "#ops:x"', 'room: expected the id of a room'],
  ['pagerduty', 'routingKey: short', 'routingKey: expected an integration key: 32 letters and digits'],
  ['alertmanager', 'urls: []', 'urls: expected at least one entry'],
  ['alertmanager', 'urls: ["https://u:p@x"]', 'urls.0: expected an http or https URL without credentials'],
  ['gitlab-issue', 'url: "https://x", token: t, project: app', 'project: expected the path of a project'],
])('a channel of the type %s with %s is refused', async (type, keys, problem) => {
  const problems = await problemsOf(yamlOf(type, keys))
  expect(problems).toHaveLength(1)
  expect(problems[0]).toContain(`alerts.channels.0.${problem}`)
})
