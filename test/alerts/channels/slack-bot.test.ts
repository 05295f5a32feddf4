import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeSlackBotChannel } from '../../../src/alerts/channels/slack-bot.ts'
import type { Message } from '../../../src/alerts/message.ts'
import { keepInMemory } from '../keep-in-memory.ts'
import { type Receiver, startReceiver } from '../receiver.ts'
import { sampleMessage } from '../sample-alert.ts'
import { failureOf } from './contract.ts'
import { httpChannelContract } from './http-contract.ts'
import { slackFaults } from './slack-faults.ts'

const TOKEN = 'xoxb-s3cret'
const open = (api: string, memory = keepInMemory(), channel = 'ops-alerts') =>
  makeSlackBotChannel({ name: 'ops', token: TOKEN, channel, memory, api })

describe('a Slack channel with a bot', () => {
  httpChannelContract({
    open,
    contentType: 'application/json; charset=utf-8',
    body: () => JSON.stringify({ ok: true, channel: 'C1', ts: '1.5' }),
    faults: ({ body, headers }) => [
      ...slackFaults(body),
      ...(headers.authorization === `Bearer ${TOKEN}` ? [] : ['no token']),
    ],
  })
})

describe('the message of a subject', () => {
  let slack: Receiver
  let answers: object[]
  beforeEach(async () => {
    answers = []
    let ts = 0
    slack = await startReceiver((response) => {
      ts += 1
      response.end(JSON.stringify(answers.shift() ?? { ok: true, channel: 'C1', ts: `${ts}.0` }))
    })
  })
  afterEach(() => slack.close())

  const message = (id: string, severity: Message['severity'], text: string = severity): Message => ({
    ...sampleMessage,
    ...{ id, severity, text },
  })
  /** The calls so far: the method, and what of the arguments matters here. */
  const calls = () =>
    slack.received.map(({ path, body }) => {
      const { channel, ts, thread_ts, text, reply_broadcast } = JSON.parse(body)
      return [
        path?.split('/').at(-1),
        JSON.parse(JSON.stringify({ channel, ts, thread_ts, text, reply_broadcast })),
      ]
    })
  const AT = sampleMessage.at

  it('is a new one in another channel, once that is configured', async () => {
    const memory = keepInMemory()
    await open(slack.url, memory).send(message('m1', 'warning'))
    await open(slack.url, memory, 'team-b').send(message('m2', 'critical'))
    await open(slack.url, memory, 'team-b').send(message('m3', 'resolved'))
    expect(calls().slice(0, 3)).toEqual([
      ['chat.postMessage', { channel: 'ops-alerts', text: 'warning' }],
      ['chat.postMessage', { channel: 'team-b', text: 'critical' }],
      ['chat.update', { channel: 'C1', ts: '2.0', text: 'resolved' }],
    ])
  })

  it('is edited in place, with its history in a thread, until it is resolved; also after a restart', async () => {
    const memory = keepInMemory()
    await open(slack.url, memory).send(message('m1', 'warning'))
    await open(slack.url, memory).send(message('m2', 'critical'))
    await open(slack.url, memory).send(message('m3', 'resolved'))
    await open(slack.url, memory).send(message('m4', 'warning'))
    expect(calls()).toEqual([
      ['chat.postMessage', { channel: 'ops-alerts', text: 'warning' }],
      ['chat.update', { channel: 'C1', ts: '1.0', text: 'critical' }],
      [
        'chat.postMessage',
        {
          channel: 'C1',
          thread_ts: '1.0',
          text: `critical\nBefore, at ${AT}: warning`,
          reply_broadcast: true,
        },
      ],
      ['chat.update', { channel: 'C1', ts: '1.0', text: 'resolved' }],
      [
        'chat.postMessage',
        {
          channel: 'C1',
          thread_ts: '1.0',
          text: `resolved\nBefore, at ${AT}: critical`,
          reply_broadcast: false,
        },
      ],
      ['chat.postMessage', { channel: 'ops-alerts', text: 'warning' }],
    ])
  })

  it('is not sent again if its job runs twice', async () => {
    const memory = keepInMemory()
    for (let run = 0; run < 2; run++) await open(slack.url, memory).send(message('m1', 'resolved'))
    expect(calls()).toHaveLength(1)
  })

  it.each(['message_not_found', 'edit_window_closed', 'cant_update_message'])(
    'is posted anew if Slack answers %s to an edit',
    async (error) => {
      const memory = keepInMemory()
      await open(slack.url, memory).send(message('m1', 'warning'))
      answers = [{ ok: false, error }]
      await open(slack.url, memory).send(message('m2', 'critical'))
      await open(slack.url, memory).send(message('m3', 'warning'))
      expect(calls().map(([method, { ts, thread_ts }]) => [method, ts ?? thread_ts])).toEqual([
        ['chat.postMessage', undefined],
        ['chat.update', '1.0'],
        ['chat.postMessage', undefined],
        ['chat.update', '3.0'],
        ['chat.postMessage', '3.0'],
      ])
    },
  )

  it('shows hostile texts of earlier states as they are', async () => {
    const memory = keepInMemory()
    await open(slack.url, memory).send(message('m1', 'warning', '<!channel> & *x*'))
    await open(slack.url, memory).send(message('m2', 'warning', '<@U1>'))
    expect(calls().at(-1)?.[1].text).toBe(`&lt;@U1&gt;\nBefore, at ${AT}: &lt;!channel&gt; &amp; *x*`)
    expect(JSON.parse(slack.received.at(-1)?.body ?? '')).toMatchObject({ mrkdwn: false, parse: 'none' })
  })

  it.each([
    ['ratelimited', true],
    ['internal_error', true],
    ['service_unavailable', true],
    ['not_in_channel', false],
    ['channel_not_found', false],
    ['invalid_auth', false],
    ['is_archived', false],
  ])('knows whether %s can pass: %s', async (error, retry) => {
    answers = [{ ok: false, error }]
    const failure = await failureOf(open(slack.url))
    expect(failure).toMatchObject({ message: `channel ops at ${slack.host} answered ${error}`, retry })
  })

  it.each([{ ok: false, error: 's3cret' }, {}, { ok: true }])(
    'is sent again after the answer %j',
    async (answer) => {
      answers = [answer]
      expect(await failureOf(open(slack.url))).toMatchObject({ retry: true })
    },
  )

  it('is tried with auth.test', async () => {
    expect(await open(slack.url).check?.ask()).toBe('Slack accepts the token')
    answers = [{ ok: false, error: 'invalid_auth' }]
    await expect(open(slack.url).check?.ask()).rejects.toThrow('answered invalid_auth')
    expect(calls().map(([method]) => method)).toEqual(['auth.test', 'auth.test'])
  })
})
