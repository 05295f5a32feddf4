import fastify from 'fastify'
import { Webhook } from 'standardwebhooks'
import { type Static, Type } from 'typebox'
import { printable } from '../src/platform/printable.ts'

export interface Chat {
  /** For Slack-compatible messages. A browser sees the messages here. */
  slackUrl: string
  /** For signed webhooks. */
  webhookUrl: string
  /** Received messages, oldest first. */
  messages: string[]
  /** How many webhooks had a valid signature. */
  verified: number
  close(): Promise<void>
}

const Message = Type.Object({ text: Type.String() })

/** A chat that prints each message, and a receiver of Standard Webhooks that checks signatures. */
export async function startChat(secret: string, print: (line: string) => void): Promise<Chat> {
  // A browser may hold a connection open: it must not hold up the end.
  const app = fastify({ forceCloseConnections: true })
  app.get('/chat', (_request, reply) => reply.type('text/html; charset=utf-8').send(page(chat.messages)))
  app.post<{ Body: Static<typeof Message> }>('/chat', { schema: { body: Message } }, async ({ body }) => {
    chat.messages.push(body.text)
    print(printable(body.text))
    return 'ok'
  })
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
    messages: [],
    verified: 0,
    close: () => app.close(),
  }
  return chat
}

const singleValues = (headers: NodeJS.Dict<string | string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

const page = (messages: readonly string[]): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="2">
<title>#team-chat</title>
<style>body { font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto }</style>
<h1>#team-chat</h1>
${messages.length === 0 ? '<p>No message yet.</p>' : `<ol>\n${messages.map((text) => `<li>${toHtml(text)}</li>\n`).join('')}</ol>`}
</html>
`

/** Slack's text has `&amp;`, `&lt;` and `&gt;` for its control characters, as HTML has. */
const toHtml = (text: string): string => printable(text).replaceAll('<', '&lt;').replaceAll('>', '&gt;')
