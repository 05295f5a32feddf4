import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Chat, startChat } from '../../demo/chat.ts'

const SECRET = 'whsec_ZGVtby1zaWduaW5nLXNlY3JldC0wMDAx'
let chat: Chat
let printed: string[]
beforeEach(async () => {
  printed = []
  chat = await startChat(SECRET, (_room, text) => printed.push(text))
})
afterEach(() => chat.close())

const post = (url: string, body: string, headers = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body })

test('a browser sees the messages, oldest first, as text', async () => {
  expect(await (await fetch(chat.slackUrl)).text()).toContain('No message yet.')
  for (const text of ['a &lt;b&gt; &amp; c', '<script>alert(1)</script>'])
    expect((await post(chat.slackUrl, JSON.stringify({ text }))).status).toBe(200)
  const answer = await fetch(chat.slackUrl)
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
  const items = [...(await answer.text()).matchAll(/<li>(.*)<\/li>/g)].map(([, text]) => text)
  expect(items).toEqual(['a &lt;b&gt; &amp; c', '&lt;script&gt;alert(1)&lt;/script&gt;'])
})

test('a message cannot act on the terminal', async () => {
  await post(chat.slackUrl, JSON.stringify({ text: 'red \x1b[31m' }))
  expect(printed).toEqual(['red \\u{1b}[31m'])
})

test.each([
  ['no JSON', 'no json'],
  ['nothing', ''],
  ['no text', '{"attachments":[]}'],
  ['null', 'null'],
])('a message that is %s is refused, and the chat goes on', async (_what, body) => {
  expect((await post(chat.slackUrl, body)).status).toBe(400)
  expect((await post(chat.slackUrl, '{"text":"next"}')).status).toBe(200)
  expect(chat.messages).toEqual(['next'])
})

test('other addresses do not exist: a browser asks for an icon', async () => {
  expect((await fetch(new URL('/favicon.ico', chat.slackUrl))).status).toBe(404)
  expect((await fetch(chat.webhookUrl)).status).toBe(404)
})

test('only a webhook with a valid signature counts', async () => {
  const [id, at, body] = [randomUUID(), new Date(), '{"a": 1}']
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': `${Math.floor(at.getTime() / 1000)}`,
    'webhook-signature': new Webhook(SECRET).sign(id, at, body),
  }
  expect((await post(chat.webhookUrl, body)).status).toBe(401)
  expect((await post(chat.webhookUrl, '{"a":1}', headers)).status).toBe(401)
  expect(chat.verified).toBe(0)
  expect((await post(chat.webhookUrl, body, headers)).status).toBe(200)
  expect(chat.verified).toBe(1)
})

test('a client that keeps its connection does not hold up the end', async () => {
  const { port } = new URL(chat.slackUrl)
  const socket = connect(Number(port), '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('GET /chat HTTP/1.1\r\nHost: chat\r\n')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  await chat.close()
  await closed
})
