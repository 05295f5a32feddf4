import fastify from 'fastify'
import { Webhook } from 'standardwebhooks'
import { type Static, Type } from 'typebox'
import { printable } from '../src/platform/printable.ts'

export type Room = '#team-chat' | '#registry-board'

export interface Chat {
  /** For Slack-compatible messages. A browser sees the messages here. */
  slackUrl: string
  /** For signed webhooks. */
  webhookUrl: string
  /** A webhook as Discord has it: a message can be edited. */
  boardUrl: string
  /** Received messages, oldest first. */
  messages: string[]
  /** What the messages of the board say now, and how often each was edited. */
  board: { text: string; edits: number }[]
  /** How many webhooks had a valid signature. */
  verified: number
  close(): Promise<void>
}

const Message = Type.Object({ text: Type.String() })

/** The part that the demo needs of a message of Discord (docs.discord.com, "Execute Webhook" and "Edit Webhook Message"). */
const BoardMessage = Type.Object({
  embeds: Type.Array(Type.Object({ title: Type.String(), description: Type.String() }), { minItems: 1 }),
})
type BoardMessage = Static<typeof BoardMessage>

/**
 * A chat that prints each message, a board whose messages can be edited, and a receiver of Standard Webhooks that checks
 * signatures.
 */
export async function startChat(secret: string, print: (room: Room, text: string) => void): Promise<Chat> {
  // A browser may hold a connection open: it must not hold up the end.
  const app = fastify({ forceCloseConnections: true })
  app.get('/chat', (_request, reply) => reply.type('text/html; charset=utf-8').send(page(chat)))
  app.post<{ Body: Static<typeof Message> }>('/chat', { schema: { body: Message } }, async ({ body }) => {
    chat.messages.push(body.text)
    print('#team-chat', printable(body.text))
    return 'ok'
  })
  app.post<{ Body: BoardMessage }>('/board', { schema: { body: BoardMessage } }, async ({ body }) => {
    const text = textOf(body)
    print('#registry-board', printable(text))
    return { id: String(chat.board.push({ text, edits: 0 })) }
  })
  app.patch<{ Body: BoardMessage; Params: { id: number } }>(
    '/board/messages/:id',
    { schema: { body: BoardMessage, params: Type.Object({ id: Type.Integer() }) } },
    async ({ body, params: { id } }, reply) => {
      const message = chat.board[id - 1]
      if (message === undefined) return reply.code(404).send({ message: 'Unknown Message' })
      message.text = textOf(body)
      message.edits += 1
      print('#registry-board', `(edited) ${printable(message.text)}`)
      return { id: String(id) }
    },
  )
  app.register(async (scope) => {
    // The signature is of the bytes that were sent.
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'string' }, async (_request: unknown, body: string) => body)
    scope.post<{ Body: string }>('/webhook', async ({ body, headers }, reply) => {
      try {
        new Webhook(secret).verify(body, singleValues(headers))
      } catch {
        return reply.code(401).send('the signature is wrong')
      }
      chat.verified += 1
      return 'ok'
    })
  })
  const origin = await app.listen({ host: '127.0.0.1', port: 0 })
  const chat: Chat = {
    slackUrl: `${origin}/chat`,
    webhookUrl: `${origin}/webhook`,
    boardUrl: `${origin}/board`,
    messages: [],
    board: [],
    verified: 0,
    close: () => app.close(),
  }
  return chat
}

const singleValues = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

/** The first line says all that matters. */
const textOf = ({ embeds: [embed] }: BoardMessage): string =>
  (embed?.description.split('\n')[0] ?? '').replaceAll('\\', '')

const page = ({ messages, board }: Pick<Chat, 'messages' | 'board'>): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>#team-chat</title>
<style>body { font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto }</style>
<h1>#team-chat</h1>
${messages.length === 0 ? '<p>No message yet.</p>' : listOf(messages.map(toHtml))}
<h1>#registry-board</h1>
${listOf(board.map(({ text, edits }) => `${toHtml(text.replaceAll('&', '&amp;'))}${edits > 0 ? ' <i>(edited)</i>' : ''}`))}
</html>
`

const listOf = (items: readonly string[]): string =>
  `<ol>\n${items.map((item) => `<li>${item}</li>\n`).join('')}</ol>`

/** Slack's text has `&amp;`, `&lt;` and `&gt;` for its control characters, as HTML has. */
const toHtml = (text: string): string => printable(text).replaceAll('<', '&lt;').replaceAll('>', '&gt;')
